#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "store/anndata.hpp"
#include "store/anndata_elements.hpp"
#include "store/matrix_rows.hpp"

namespace epi {
using Json = nlohmann::ordered_json;
namespace {

// The numbers of a group of values with a mask (nullable-integer, nullable-boolean), NaN where masked.
Column masked_numbers(const Hdf5Node& values, const std::vector<std::int8_t>& mask) {
    auto numbers = values.read_exact();
    if (mask.size() != numbers.size()) values.fail("its mask has another length");
    for (std::size_t i = 0; i < numbers.size(); ++i)
        if (mask[i] != 0) numbers[i] = std::numeric_limits<double>::quiet_NaN();
    return numbers;
}

std::vector<std::string> masked_texts(const Hdf5Node& node) {
    auto texts = node.child("values").read_texts();
    const auto mask = node.child("mask").read<std::int8_t>();
    if (mask.size() != texts.size()) node.fail("its mask has another length");
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (mask[i] != 0) texts[i].clear();
    return texts;
}

// A one-dimensional dataset of strings, numbers or booleans; nothing if it is of another kind.
std::optional<Column> read_plain_column(const Hdf5Node& node) {
    if (node.shape().size() != 1) return std::nullopt;
    if (node.is_text()) return node.read_texts();
    if (node.is_boolean()) {
        const auto bytes = node.read<std::int8_t>();
        return std::vector<bool>(bytes.begin(), bytes.end());
    }
    if (node.type_class() == H5T_INTEGER) return node.read<std::int64_t>();
    if (node.type_class() == H5T_FLOAT) return node.read<double>();
    return std::nullopt;
}

std::vector<std::string> read_as_text(const Hdf5Node& node) {
    if (node.is_group()) {
        if (node.text_attribute("encoding-type") == "nullable-string-array") return masked_texts(node);
        node.fail("its encoding is not known");
    }
    auto column = read_plain_column(node);
    if (!column) node.fail("names are expected here");
    if (auto* texts = std::get_if<std::vector<std::string>>(&*column)) return std::move(*texts);
    return text_of(*column);
}

Categorical read_categorical(const Hdf5Node& codes, const Hdf5Node& categories) {
    Categorical result{read_as_text(categories), codes.read<std::int32_t>()};
    for (const auto code : result.codes)
        if (code < -1 || code >= static_cast<std::int64_t>(result.categories.size()))
            codes.fail("code " + std::to_string(code) + " has no category");
    return result;
}

// Whatever of uns this project understands; nothing for tables, matrices and long arrays.
std::optional<Json> read_json_element(const Hdf5Node& node) {
    constexpr std::uint64_t kLongestList = 1 << 20;
    if (node.is_group()) {
        const auto encoding = node.text_attribute("encoding-type");
        if (encoding != "dict" && !encoding.empty()) return std::nullopt;
        Json object = Json::object();
        for (const auto& name : node.members())
            if (auto value = read_json_element(node.child(name))) object[name] = std::move(*value);
        return object;
    }
    const auto shape = node.shape();
    if (node.size() > kLongestList || shape.size() > 1) return std::nullopt;
    const auto listed = [&](const auto& values) -> Json {
        if (shape.empty()) return values.at(0);
        return values;
    };
    if (node.is_text()) return listed(node.read_texts());
    if (node.is_boolean()) {
        const auto bytes = node.read<std::int8_t>();
        return listed(std::vector<bool>(bytes.begin(), bytes.end()));
    }
    if (node.type_class() == H5T_INTEGER) return listed(node.read<std::int64_t>());
    if (node.type_class() == H5T_FLOAT) return listed(node.read<double>());
    return std::nullopt;
}

void read_uns(const Hdf5Node& group, AnnData& data) {
    data.uns = Json::object();
    for (const auto& name : group.members()) {
        auto value = read_json_element(group.child(name));
        if (!value) continue;
        const bool texts = value->is_array() && !value->empty() && value->front().is_string();
        if (texts)
            data.var_lists[name] = value->get<std::vector<std::string>>();
        else
            data.uns[name] = std::move(*value);
    }
}

void read_obsm(const Hdf5Node& group, AnnData& data) {
    for (const auto& name : group.members()) {
        const auto node = group.child(name);
        if (node.is_group() || node.shape().size() != 2 || node.is_text()) continue;
        const auto shape = node.shape();
        if (shape[0] != data.obs.size()) node.fail("has another number of rows than obs");
        DenseMatrix matrix;
        matrix.rows = shape[0];
        matrix.cols = shape[1];
        matrix.values = node.read<double>();
        data.obsm[name] = std::move(matrix);
    }
}

}  // namespace

std::pair<std::int64_t, std::int64_t> matrix_shape(const Hdf5Node& node) {
    std::vector<std::int64_t> shape;
    if (!node.is_group()) {
        const auto extents = node.shape();
        shape.assign(extents.begin(), extents.end());
    } else {
        shape = node.integers_attribute(node.has_attribute("shape") ? "shape" : "h5sparse_shape");
    }
    constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
    if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0 || shape[0] > kMost || shape[1] > kMost)
        node.fail("a matrix with rows and columns, each below 2^31, is expected");
    return {shape[0], shape[1]};
}

DoubleMatrix read_matrix(const Hdf5Node& node) {
    return collect(*open_matrix(node));
}

StoredAs stored_type_of(const Hdf5Node& node) {
    const auto data = node.is_group() ? node.child("data") : node;
    if (data.is_boolean()) return StoredAs::UInt8;
    if (data.type_class() == H5T_FLOAT) return data.type_size() > 4 ? StoredAs::Float64 : StoredAs::Float32;
    if (data.is_signed_integer()) return StoredAs::Int32;
    return data.type_size() == 1 ? StoredAs::UInt8 : StoredAs::UInt16;
}

std::optional<Column> read_dataframe_column(const Hdf5Node& frame, const std::string& name) {
    const auto node = frame.child(name);
    const auto encoding = node.text_attribute("encoding-type");
    if (encoding == "categorical") return read_categorical(node.child("codes"), node.child("categories"));
    if (encoding == "nullable-string-array") return masked_texts(node);
    if (encoding == "nullable-integer" || encoding == "nullable-boolean") {
        const auto mask = node.child("mask").read<std::int8_t>();
        const auto values = node.child("values");
        if (std::all_of(mask.begin(), mask.end(), [](auto masked) { return masked == 0; }))
            return read_plain_column(values);
        return masked_numbers(values, mask);
    }
    if (node.is_group()) return std::nullopt;
    // Before anndata 0.8: codes here, categories in a group beside the columns.
    if (node.has_attribute("categories") && frame.has("__categories") &&
        frame.child("__categories").has(name))
        return read_categorical(node, frame.child("__categories").child(name));
    return read_plain_column(node);
}

DataFrame read_dataframe(const Hdf5Node& node) {
    DataFrame frame;
    if (!node.is_group())
        node.fail("a table in the layout of anndata before 0.7",
                  "open it and write it again with a newer anndata");
    auto index_name = node.text_attribute("_index");
    if (index_name.empty()) index_name = "_index";
    frame.index = read_as_text(node.child(index_name));
    for (const auto& name : node.texts_attribute("column-order")) {
        if (!node.has(name)) node.fail("its column '" + name + "' is missing");
        auto column = read_dataframe_column(node, name);
        if (!column) continue;
        if (column_length(*column) != frame.size())
            node.child(name).fail("has another length than the index (" + std::to_string(frame.size()) + ")");
        frame.columns.emplace_back(name, std::move(*column));
    }
    return frame;
}

AnnData read_anndata(const Hdf5Node& group) {
    AnnData data;
    const auto x = group.child("X");
    data.x = read_matrix(x);
    data.x_stored_as = stored_type_of(x);
    data.obs = read_dataframe(group.child("obs"));
    data.var = read_dataframe(group.child("var"));
    if (data.x.rows != static_cast<std::int64_t>(data.obs.size()))
        x.fail("has " + std::to_string(data.x.rows) + " rows, obs has " + std::to_string(data.obs.size()));
    if (data.x.cols != static_cast<std::int64_t>(data.var.size()))
        x.fail("has " + std::to_string(data.x.cols) + " columns, var has " + std::to_string(data.var.size()));
    if (group.has("layers"))
        for (const auto& name : group.child("layers").members()) {
            const auto node = group.child("layers").child(name);
            if (!is_matrix(node)) continue;
            if (matrix_shape(node) != matrix_shape(x)) node.fail("has another shape than X");
            data.layers[name] = read_matrix(node);
        }
    if (group.has("obsm")) read_obsm(group.child("obsm"), data);
    data.uns = Json::object();
    if (group.has("uns")) read_uns(group.child("uns"), data);
    return data;
}

AnnData read_h5ad(const std::filesystem::path& path) {
    const auto root = Hdf5Node::open_file(path);
    if (!root.has("X") || !root.has("obs") || !root.has("var"))
        root.fail(root.has("mod") ? "is a MuData file (.h5mu), not an .h5ad"
                                  : "is no .h5ad (it has no X, obs and var)",
                  root.has("mod") ? "give one modality as an .h5ad" : "give a file written by anndata");
    return read_anndata(root);
}

}  // namespace epi
