#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.hpp"
#include "io/atomic_output.hpp"
#include "store/anndata.hpp"
#include "store/anndata_elements.hpp"
#include "store/count_arrays.hpp"

namespace epi {
using Json = nlohmann::ordered_json;
namespace {

// The type asked for, or the next integer type that holds all values.
hid_t type_for(const std::vector<double>& values, StoredAs stored_as) {
    if (stored_as == StoredAs::Float32) return memory_type<float>();
    if (stored_as == StoredAs::Float64) return memory_type<double>();
    double largest = 0, smallest = 0;
    for (const double value : values) {
        check(value == std::floor(value), "integers in a matrix stored as integers");
        largest = std::max(largest, value);
        smallest = std::min(smallest, value);
    }
    if (stored_as == StoredAs::UInt8 && smallest >= 0 && largest <= 0xff) return memory_type<std::uint8_t>();
    if (stored_as != StoredAs::Int32 && smallest >= 0 && largest <= 0xffff)
        return memory_type<std::uint16_t>();
    if (smallest >= std::numeric_limits<std::int32_t>::min() &&
        largest <= std::numeric_limits<std::int32_t>::max())
        return memory_type<std::int32_t>();
    return memory_type<std::int64_t>();
}

void write_texts(Hdf5Writer& file, const std::string& path, const std::vector<std::string>& values) {
    file.texts(path, values);
    write_encoding(file, path, "string-array", "0.2.0");
}

template <class Number>
void write_numbers(Hdf5Writer& file, const std::string& path, const std::vector<Number>& values) {
    file.array(path, values);
    write_encoding(file, path, "array", "0.2.0");
}

void write_categorical(Hdf5Writer& file, const std::string& path, const Categorical& column) {
    file.make_group(path);
    write_encoding(file, path, "categorical", "0.2.0");
    file.boolean_attribute(path, "ordered", false);
    write_texts(file, path + "/categories", column.categories);
    const auto n = column.categories.size();
    const hid_t stored = n <= 127     ? memory_type<std::int8_t>()
                         : n <= 32767 ? memory_type<std::int16_t>()
                                      : memory_type<std::int32_t>();
    file.array(path + "/codes", column.codes, {column.codes.size()}, stored);
    write_encoding(file, path + "/codes", "array", "0.2.0");
}

void write_column(Hdf5Writer& file, const std::string& path, const Column& column) {
    if (const auto* texts = std::get_if<std::vector<std::string>>(&column)) {
        write_texts(file, path, *texts);
    } else if (const auto* doubles = std::get_if<std::vector<double>>(&column)) {
        write_numbers(file, path, *doubles);
    } else if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&column)) {
        write_numbers(file, path, *integers);
    } else if (const auto* booleans = std::get_if<std::vector<bool>>(&column)) {
        file.booleans(path, {booleans->begin(), booleans->end()}, {booleans->size()});
        write_encoding(file, path, "array", "0.2.0");
    } else {
        write_categorical(file, path, std::get<Categorical>(column));
    }
}

void write_json_array(Hdf5Writer& file, const std::string& path, const Json& value) {
    const auto all = [&](auto&& predicate) { return std::all_of(value.begin(), value.end(), predicate); };
    if (all([](const Json& item) { return item.is_string(); })) {
        write_texts(file, path, value.get<std::vector<std::string>>());
    } else if (all([](const Json& item) { return item.is_number_integer(); })) {
        write_numbers(file, path, value.get<std::vector<std::int64_t>>());
    } else if (all([](const Json& item) { return item.is_number(); })) {
        write_numbers(file, path, value.get<std::vector<double>>());
    } else {  // anndata knows no list of objects: each becomes a member named by its place
        write_dict(file, path);
        for (std::size_t i = 0; i < value.size(); ++i)
            write_json_element(file, path + "/" + std::to_string(i), value[i]);
    }
}

void write_layers(Hdf5Writer& file, const AnnData& data) {
    if (data.counts == nullptr) {
        check(data.count_layers.empty(), "counts that a layer has values for");
        write_dict(file, "/layers");
    }
    for (const auto& [name, matrix] : data.layers) {
        check_key(name);
        check(matrix.rows == data.x.rows && matrix.cols == data.x.cols, "a layer as large as X");
        write_matrix(file, "/layers/" + name, matrix, data.layers_stored_as);
    }
    write_dict(file, "/obsm");
    for (const auto& [name, matrix] : data.obsm) {
        check_key(name);
        check(matrix.rows == data.obs.size(), "an obsm with one row per cell");
        const std::string path = "/obsm/" + name;
        file.array(path, matrix.values, {matrix.rows, matrix.cols}, memory_type<float>());
        write_encoding(file, path, "array", "0.2.0");
    }
}

}  // namespace

void check_key(std::string_view key) {
    if (key.empty() || key == "." || key.find('/') != std::string_view::npos)
        throw InputError("'" + std::string(key) + "'",
                         "cannot be the name of a column or key (empty, or with a '/')", "rename it");
}

void write_indptr(Hdf5Writer& file, const std::string& path, const std::vector<std::int64_t>& indptr) {
    // scipy wants indptr and indices of one type, and indices are int32.
    const bool narrow = indptr.back() <= std::numeric_limits<std::int32_t>::max();
    file.array(path, indptr, {indptr.size()},
               narrow ? memory_type<std::int32_t>() : memory_type<std::int64_t>());
}

void write_encoding(Hdf5Writer& file, const std::string& path, std::string_view type,
                    std::string_view version) {
    file.attribute(path, "encoding-type", type);
    file.attribute(path, "encoding-version", version);
}

void write_csr_attributes(Hdf5Writer& file, const std::string& path, std::int64_t rows, std::int64_t cols) {
    file.make_group(path);
    write_encoding(file, path, "csr_matrix", "0.1.0");
    file.attribute(path, "shape", std::vector<std::int64_t>{rows, cols});
}

void write_dict(Hdf5Writer& file, const std::string& path) {
    file.make_group(path);
    write_encoding(file, path, "dict", "0.1.0");
}

void write_matrix(Hdf5Writer& file, const std::string& path, const DoubleMatrix& matrix, StoredAs stored_as) {
    write_csr_attributes(file, path, matrix.rows, matrix.cols);
    write_indptr(file, path + "/indptr", matrix.indptr);
    file.array(path + "/indices", matrix.indices);
    file.array(path + "/data", matrix.values, {matrix.values.size()}, type_for(matrix.values, stored_as));
}

void write_binary_matrix(Hdf5Writer& file, const std::string& path, std::int64_t rows, std::int64_t cols,
                         const std::vector<std::int32_t>& indptr, const std::vector<std::int32_t>& indices) {
    write_csr_attributes(file, path, rows, cols);
    file.array(path + "/indptr", indptr);
    file.array(path + "/indices", indices);
    file.ones(path + "/data", indices.size());
}

void write_dataframe(Hdf5Writer& file, const std::string& path, const DataFrame& frame) {
    file.make_group(path);
    write_encoding(file, path, "dataframe", "0.2.0");
    file.attribute(path, "_index", "_index");
    std::vector<std::string> names;
    for (const auto& [name, column] : frame.columns) {
        check_key(name);
        check(column_length(column) == frame.size(), "column '" + name + "' has one value per row");
        check(name != "_index", "no column has the name of the index");
        names.push_back(name);
    }
    file.attribute(path, "column-order", names);
    write_texts(file, path + "/_index", frame.index);
    for (const auto& [name, column] : frame.columns) write_column(file, path + "/" + name, column);
}

void write_json_element(Hdf5Writer& file, const std::string& path, const Json& value) {
    if (value.is_object()) {
        write_dict(file, path);
        for (const auto& [key, item] : value.items()) {
            check_key(key);
            write_json_element(file, path + "/" + key, item);
        }
    } else if (value.is_array()) {
        write_json_array(file, path, value);
    } else if (value.is_string()) {
        file.text(path, value.get<std::string>());
        write_encoding(file, path, "string", "0.2.0");
    } else if (value.is_boolean()) {
        file.booleans(path, {static_cast<std::int8_t>(value.get<bool>() ? 1 : 0)}, {});
        write_encoding(file, path, "numeric-scalar", "0.2.0");
    } else if (value.is_number_integer()) {
        file.scalar(path, value.get<std::int64_t>());
        write_encoding(file, path, "numeric-scalar", "0.2.0");
    } else if (value.is_number()) {
        file.scalar(path, value.get<double>());
        write_encoding(file, path, "numeric-scalar", "0.2.0");
    } else {  // null: anndata before 0.11 knows no such element
        file.text(path, "");
        write_encoding(file, path, "string", "0.2.0");
    }
}

void write_h5ad(const AnnData& data, const std::filesystem::path& path, bool force) {
    const auto rows = data.counts != nullptr ? data.counts->rows() : data.x.rows;
    const auto cols = data.counts != nullptr ? data.counts->cols() : data.x.cols;
    check(rows == static_cast<std::int64_t>(data.obs.size()), "as many rows of X as of obs");
    check(cols == static_cast<std::int64_t>(data.var.size()), "as many columns of X as rows of var");
    AtomicFile output(path, force);
    Hdf5Writer file(output.temporary_path(), path.string());
    write_encoding(file, "/", "anndata", "0.1.0");
    std::optional<CountArrays> arrays;
    if (data.counts != nullptr)
        arrays.emplace(file, data);
    else
        write_matrix(file, "/X", data.x, data.x_stored_as);
    write_dataframe(file, "/obs", data.obs);
    write_dataframe(file, "/var", data.var);
    write_layers(file, data);
    for (const auto* name : {"/varm", "/obsp", "/varp"}) write_dict(file, name);
    Json uns = data.uns.is_object() ? data.uns : Json::object();
    for (const auto& [name, values] : data.var_lists) uns[name] = values;
    write_json_element(file, "/uns", uns);
    file.close();
    if (arrays) arrays->write(output.temporary_path(), path.string());
    output.commit();
}

}  // namespace epi
