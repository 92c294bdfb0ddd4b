#include "rna/normalise.hpp"

#include <array>
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

std::vector<double> log_normalised_values(const RowBlock& counts, double scale) {
    std::vector<double> values(counts.indices.size());
    auto* next = values.data();
    // Most counts are small: one logarithm for each that a row has.
    std::array<double, 64> known;
    for (std::int64_t row = 0; row < counts.rows(); ++row) {
        const auto of_row = counts.row_values(row);
        const auto total =
            static_cast<double>(std::accumulate(of_row.begin(), of_row.end(), std::int64_t{0}));
        known.fill(-1);
        for (const auto count : of_row) {
            const auto at = static_cast<std::size_t>(count);
            const auto value = [&] { return std::log1p(static_cast<double>(count) / total * scale); };
            if (at >= known.size()) {
                *next++ = value();
                continue;
            }
            if (known[at] < 0) known[at] = value();
            *next++ = known[at];
        }
    }
    return values;
}

}  // namespace epi
