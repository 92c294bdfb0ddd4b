#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "matrix/count_rows.hpp"
#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

// A column of labels kept as codes into categories; -1 is missing (written as such, read back as "").
struct Categorical {
    std::vector<std::string> categories;
    std::vector<std::int32_t> codes;
};

using Column = std::variant<std::vector<std::string>, std::vector<double>, std::vector<std::int64_t>,
                            std::vector<bool>, Categorical>;

// A table with a name for each row (cells or features) and named columns in order.
struct DataFrame {
    std::vector<std::string> index;
    std::vector<std::pair<std::string, Column>> columns;

    std::size_t size() const { return index.size(); }
    const Column* find(std::string_view name) const;
    void set(std::string_view name, Column column);  // replaces or appends
    // The column as text whatever its type (missing: ""); InputError naming `place` and the columns there
    // are.
    std::vector<std::string> text(std::string_view name, std::string_view place) const;
    // The column as numbers; InputError if it is not numeric.
    std::vector<double> numbers(std::string_view name, std::string_view place) const;
};

// Categories in lexicographic order; empty text is missing.
Categorical make_categorical(const std::vector<std::string>& labels);

// How matrix values are stored in the file. An integer type too small for the values is widened when written.
enum class StoredAs { Int32, UInt16, UInt8, Float32, Float64 };

// What this project keeps of an AnnData: cells x features. `x` holds integers exactly (float64); a dense X in
// a file is read as sparse. Rows are cells. Layers and obsm are stored as float32.
struct AnnData {
    DoubleMatrix x;
    StoredAs x_stored_as = StoredAs::Float32;
    // To write large counts some rows at a time, instead of x (which stays empty): stored as int32, or, if
    // `counts_as_ones`, as ones that take no space. They outlive this. Layers that have values at the same
    // entries, as float64: what a function makes of a block. A file that is read has none of these.
    const CountRows* counts = nullptr;
    bool counts_as_ones = false;
    std::map<std::string, std::function<std::vector<double>(const RowBlock&)>> count_layers;
    DataFrame obs, var;
    std::map<std::string, DoubleMatrix> layers;
    StoredAs layers_stored_as = StoredAs::Float32;
    std::map<std::string, DenseMatrix> obsm;
    std::map<std::string, std::vector<std::string>> var_lists;  // uns string arrays, e.g. "cell_types"
    nlohmann::ordered_json uns;  // objects, numbers, strings; "epifoundry" is provenance
};

// Reads an .h5ad. CSR, CSC and dense X of any number type, contiguous or compressed; indices are sorted per
// row, entries at the same place added, stored zeros dropped. Columns of obs/var of an unknown encoding are
// skipped. InputError naming file and element for anything malformed.
AnnData read_h5ad(const std::filesystem::path& path);

// Writes an .h5ad that anndata, scanpy and muon open: atomically, the same bytes for the same content.
void write_h5ad(const AnnData& data, const std::filesystem::path& path, bool force);

}  // namespace epi
