#include "baseline/peak_features.hpp"

#include <cmath>

namespace epi {

DoubleMatrix weighted_peaks(const DoubleMatrix& cells, const InverseFrequency& frequency) {
    auto weights = tfidf(cells, frequency);
    for (std::int64_t row = 0; row < weights.rows; ++row) {
        double squares = 0;
        for (const double value : weights.row_values(row)) squares += value * value;
        if (squares == 0) continue;
        for (auto i = weights.indptr[row]; i < weights.indptr[row + 1]; ++i)
            weights.values[static_cast<std::size_t>(i)] /= std::sqrt(squares);
    }
    return weights;
}

}  // namespace epi
