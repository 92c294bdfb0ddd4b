#include "pipeline/type_reference.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <unordered_set>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/table.hpp"

namespace epi {
namespace {

constexpr double kLargestLog = 20, kScale = 10000;

double value_at(const Table& table, std::size_t row, std::size_t col) {
    const auto value = parse_number<double>(table.rows[row][col]);
    if (!value || !std::isfinite(*value) || *value < 0)
        throw InputError(at_line(table.name, static_cast<long long>(row) + 2),
                         "column '" + table.columns[col] + "' has '" + table.rows[row][col] + "'",
                         "expression must be a number of at least 0");
    return *value;
}

TypeReference genes_by_types(const Table& table) {
    TypeReference result;
    result.types.assign(table.columns.begin() + 1, table.columns.end());
    const std::unordered_set<std::string> distinct(result.types.begin(), result.types.end());
    if (distinct.size() != result.types.size())
        throw InputError(table.name, "names a cell type twice in its header", "keep one of them");
    std::unordered_set<std::string> seen;
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        if (seen.insert(table.rows[row][0]).second) {
            rows.push_back(row);
            result.genes.push_back(table.rows[row][0]);
        }
    result.profiles = DenseMatrix(result.types.size(), rows.size());
    for (std::size_t gene = 0; gene < rows.size(); ++gene)
        for (std::size_t type = 0; type < result.types.size(); ++type)
            result.profiles(type, gene) = value_at(table, rows[gene], type + 1);
    return result;
}

// Columns after that of the type are genes; types in order of first appearance.
TypeReference samples_by_genes(const Table& table, std::size_t type_column) {
    TypeReference result;
    result.genes.assign(table.columns.begin() + static_cast<std::ptrdiff_t>(type_column) + 1,
                        table.columns.end());
    std::vector<std::size_t> type_of, samples;
    for (const auto& row : table.rows) {
        const auto found = std::find(result.types.begin(), result.types.end(), row[type_column]);
        type_of.push_back(static_cast<std::size_t>(found - result.types.begin()));
        if (found == result.types.end()) {
            result.types.push_back(row[type_column]);
            samples.push_back(0);
        }
        ++samples[type_of.back()];
    }
    result.profiles = DenseMatrix(result.types.size(), result.genes.size());
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        for (std::size_t gene = 0; gene < result.genes.size(); ++gene)
            result.profiles(type_of[row], gene) +=
                value_at(table, row, type_column + 1 + gene) / static_cast<double>(samples[type_of[row]]);
    return result;
}

void log_normalise_profiles(DenseMatrix& profiles) {
    for (std::size_t type = 0; type < profiles.rows; ++type) {
        const auto row = profiles.row(type);
        const double total = std::accumulate(row.begin(), row.end(), 0.0);
        for (auto& value : row) value = total > 0 ? std::log1p(value / total * kScale) : 0;
    }
}

}  // namespace

TypeReferenceFile read_type_reference(const std::filesystem::path& path) {
    const auto table = read_table(path);
    TypeReferenceFile file;
    const auto type_column = std::find_if(table.columns.begin(), table.columns.end(), [](const auto& name) {
        return name == "celltype" || name == "cell_type";
    });
    file.reference =
        type_column == table.columns.end()
            ? genes_by_types(table)
            : samples_by_genes(table, static_cast<std::size_t>(type_column - table.columns.begin()));
    auto& profiles = file.reference.profiles;
    if (profiles.values.empty())
        throw InputError(table.name, "holds no gene or no cell type",
                         "give a table of genes (first column) by cell types (the other columns)");
    file.normalised_here = *std::max_element(profiles.values.begin(), profiles.values.end()) > kLargestLog;
    if (file.normalised_here) log_normalise_profiles(profiles);
    return file;
}

}  // namespace epi
