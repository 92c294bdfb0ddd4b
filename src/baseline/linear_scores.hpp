#pragma once
#include <span>

#include "baseline/classifiers.hpp"
#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

// What a linear classifier says of each cell: softmax(cells * weights^T + offsets), (cells, classes).
// `by_feature` is weights^T, (features, classes).
DenseMatrix softmax_scores(const DoubleMatrix& cells, const DenseMatrix& by_feature,
                           std::span<const double> offsets, int threads);

// The same, with the most probable class.
ClassPredictions linear_predictions(const DoubleMatrix& cells, const DenseMatrix& weights,
                                    std::span<const double> offsets, int threads);

DenseMatrix transposed(const DenseMatrix& matrix);

}  // namespace epi
