#include "rna/normalise.hpp"

#include <cmath>
#include <numeric>

namespace epi {

std::vector<double> row_sums(const DoubleMatrix& matrix) {
    std::vector<double> sums(static_cast<std::size_t>(matrix.rows));
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
        const auto values = matrix.row_values(row);
        sums[static_cast<std::size_t>(row)] = std::accumulate(values.begin(), values.end(), 0.0);
    }
    return sums;
}

DoubleMatrix log_normalise(const DoubleMatrix& counts, double scale) {
    DoubleMatrix result = counts;
    const auto totals = row_sums(counts);
    for (std::int64_t row = 0; row < counts.rows; ++row)
        for (auto i = counts.indptr[row]; i < counts.indptr[row + 1]; ++i) {
            auto& value = result.values[static_cast<std::size_t>(i)];
            value = value == 0 ? 0 : std::log1p(value / totals[static_cast<std::size_t>(row)] * scale);
        }
    return result;
}

}  // namespace epi
