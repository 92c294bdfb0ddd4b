#include "baseline/linear_scores.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "core/parallel.hpp"

namespace epi {
namespace {

void softmax(std::span<double> row) {
    const double largest = *std::max_element(row.begin(), row.end());
    double sum = 0;
    for (double& value : row) sum += value = std::exp(value - largest);
    for (double& value : row) value /= sum;
}

}  // namespace

DenseMatrix transposed(const DenseMatrix& matrix) {
    DenseMatrix result(matrix.cols, matrix.rows);
    for (std::size_t r = 0; r < matrix.rows; ++r)
        for (std::size_t c = 0; c < matrix.cols; ++c) result(c, r) = matrix(r, c);
    return result;
}

DenseMatrix softmax_scores(const DoubleMatrix& cells, const DenseMatrix& by_feature,
                           std::span<const double> offsets, int threads) {
    check(static_cast<std::size_t>(cells.cols) == by_feature.rows && offsets.size() == by_feature.cols,
          "softmax_scores: the features it was fitted on");
    DenseMatrix scores(static_cast<std::size_t>(cells.rows), by_feature.cols);
    parallel_ranges(
        scores.rows, threads,
        [&](std::size_t begin, std::size_t end) {
            for (auto cell = begin; cell < end; ++cell) {
                auto row = scores.row(cell);
                std::copy(offsets.begin(), offsets.end(), row.begin());
                const auto features = cells.row_indices(static_cast<std::int64_t>(cell));
                const auto values = cells.row_values(static_cast<std::int64_t>(cell));
                for (std::size_t i = 0; i < features.size(); ++i) {
                    const auto weights = by_feature.row(static_cast<std::size_t>(features[i]));
                    for (std::size_t c = 0; c < row.size(); ++c) row[c] += values[i] * weights[c];
                }
                softmax(row);
            }
        },
        64);
    return scores;
}

ClassPredictions linear_predictions(const DoubleMatrix& cells, const DenseMatrix& weights,
                                    std::span<const double> offsets, int threads) {
    ClassPredictions result;
    result.probability = softmax_scores(cells, transposed(weights), offsets, threads);
    for (std::size_t cell = 0; cell < result.probability.rows; ++cell) {
        const auto row = std::as_const(result.probability).row(cell);
        result.chosen.push_back(
            static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
    }
    return result;
}

}  // namespace epi
