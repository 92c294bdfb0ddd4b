#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

// Simple classifiers to measure a model against. Labels are classes 0 .. classes-1, one for each training
// row; every class should occur. All of them give the same numbers at any thread count.

// Probabilities, (cells, classes), rows sum to 1; and the class chosen for each cell (the smaller on ties,
// unless a classifier says otherwise).
struct ClassPredictions {
    DenseMatrix probability;
    std::vector<std::int32_t> chosen;
};

// Share of each class among the k nearest training rows (Euclidean). Between classes with as many votes, the
// one whose neighbours are nearest is chosen (smaller sum of distances), then the smaller class.
struct KnnModel {
    DenseMatrix points;
    std::vector<std::int32_t> labels;
    std::size_t classes = 0, k = 15;
};
ClassPredictions predict(const KnnModel& model, const DenseMatrix& cells, int threads);

// Multinomial logistic regression: minimises  C * sum(cross-entropy) + |weights|^2 / 2  (the intercepts are
// not penalised), as scikit-learn's LogisticRegression(C) does, by L-BFGS.
struct LogisticOptions {
    double c = 10;
    int max_iterations = 500;
    double tolerance = 1e-6;  // on the largest entry of the gradient of the mean loss
};
struct LogisticModel {
    DenseMatrix weights;  // (classes, features)
    std::vector<double> intercepts;
    int iterations = 0;
    bool converged = false;
};
LogisticModel fit_logistic(const DoubleMatrix& cells, std::span<const std::int32_t> labels,
                           std::size_t classes, const LogisticOptions& options, int threads);
ClassPredictions predict(const LogisticModel& model, const DoubleMatrix& cells, int threads);

// Multinomial naive Bayes on open peaks (the matrix counts as binary) with additive smoothing; classes weigh
// as often as they occur (scikit-learn's MultinomialNB(alpha)). Chosen over Bernoulli naive Bayes because
// absent fragments say more about a cell's depth than about its type.
struct NaiveBayesModel {
    DenseMatrix log_likelihood;  // (classes, features)
    std::vector<double> log_prior;
};
NaiveBayesModel fit_naive_bayes(const DoubleMatrix& cells, std::span<const std::int32_t> labels,
                                std::size_t classes, double alpha);
ClassPredictions predict(const NaiveBayesModel& model, const DoubleMatrix& cells, int threads);

}  // namespace epi
