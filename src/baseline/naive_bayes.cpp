#include <cmath>

#include "baseline/classifiers.hpp"
#include "baseline/linear_scores.hpp"
#include "core/error.hpp"

namespace epi {
namespace {

// The same pattern with every value 1.
DoubleMatrix binary(DoubleMatrix matrix) {
    matrix.values.assign(matrix.values.size(), 1.0);
    return matrix;
}

}  // namespace

NaiveBayesModel fit_naive_bayes(const DoubleMatrix& cells, std::span<const std::int32_t> labels,
                                std::size_t classes, double alpha) {
    check(static_cast<std::size_t>(cells.rows) == labels.size() && !labels.empty() && alpha > 0,
          "fit_naive_bayes: one label for each cell, and smoothing");
    const auto features = static_cast<std::size_t>(cells.cols);
    NaiveBayesModel model;
    model.log_likelihood = DenseMatrix(classes, features);
    model.log_prior.assign(classes, 0);
    for (std::int64_t cell = 0; cell < cells.rows; ++cell) {
        const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(cell)]);
        ++model.log_prior[label];
        for (const auto feature : cells.row_indices(cell))
            ++model.log_likelihood(label, static_cast<std::size_t>(feature));
    }
    for (std::size_t c = 0; c < classes; ++c) {
        double total = 0;
        for (const double count : model.log_likelihood.row(c)) total += count + alpha;
        for (double& count : model.log_likelihood.row(c)) count = std::log((count + alpha) / total);
        model.log_prior[c] = std::log(model.log_prior[c] / static_cast<double>(labels.size()));
    }
    return model;
}

ClassPredictions predict(const NaiveBayesModel& model, const DoubleMatrix& cells, int threads) {
    return linear_predictions(binary(cells), model.log_likelihood, model.log_prior, threads);
}

}  // namespace epi
