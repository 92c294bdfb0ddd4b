#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "baseline/classifiers.hpp"
#include "baseline/linear_scores.hpp"
#include "core/error.hpp"
#include "core/parallel.hpp"

namespace epi {
namespace {

constexpr std::size_t kHistory = 10;
constexpr double kSufficientDecrease = 1e-4;
constexpr int kMaxHalvings = 40;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

// The mean penalised loss and its gradient. Parameters lie feature by feature, classes within; the last row
// holds the intercepts.
class Objective {
  public:
    Objective(const DoubleMatrix& cells, std::span<const std::int32_t> labels, std::size_t classes, double c,
              int threads)
        : cells_(cells),
          by_feature_(transpose(cells)),
          labels_(labels),
          classes_(classes),
          penalty_(1 / (c * static_cast<double>(cells.rows))),
          threads_(threads) {}

    std::size_t size() const { return (static_cast<std::size_t>(cells_.cols) + 1) * classes_; }

    double operator()(const std::vector<double>& parameters, std::vector<double>& gradient) const {
        const auto features = static_cast<std::size_t>(cells_.cols);
        const auto n = static_cast<double>(cells_.rows);
        DenseMatrix weights(features, classes_);
        std::copy_n(parameters.begin(), weights.values.size(), weights.values.begin());
        const auto intercepts = std::span(parameters).last(classes_);
        auto residuals = softmax_scores(cells_, weights, intercepts, threads_);
        double loss = penalty_ / 2 * dot(weights.values, weights.values);
        std::fill(gradient.begin(), gradient.end(), 0.0);
        const auto intercept_gradient = std::span(gradient).last(classes_);
        for (std::size_t i = 0; i < residuals.rows; ++i) {
            double& own = residuals(i, static_cast<std::size_t>(labels_[i]));
            loss -= std::log(std::max(own, 1e-300)) / n;
            own -= 1;
            for (std::size_t c = 0; c < classes_; ++c) intercept_gradient[c] += residuals(i, c) / n;
        }
        parallel_for(features, threads_, [&](std::size_t feature) {
            const auto row = static_cast<std::int64_t>(feature);
            const auto with = by_feature_.row_indices(row);
            const auto values = by_feature_.row_values(row);
            const auto slot = std::span(gradient).subspan(feature * classes_, classes_);
            for (std::size_t i = 0; i < with.size(); ++i) {
                const auto residual = std::as_const(residuals).row(static_cast<std::size_t>(with[i]));
                for (std::size_t c = 0; c < classes_; ++c) slot[c] += values[i] * residual[c] / n;
            }
            for (std::size_t c = 0; c < classes_; ++c) slot[c] += penalty_ * weights(feature, c);
        });
        return loss;
    }

  private:
    const DoubleMatrix& cells_;
    DoubleMatrix by_feature_;
    std::span<const std::int32_t> labels_;
    std::size_t classes_;
    double penalty_;
    int threads_;
};

// The last steps and changes of the gradient, from which L-BFGS estimates the curvature.
class Curvature {
  public:
    void add(std::vector<double> step, std::vector<double> change) {
        const double product = dot(step, change);
        if (product <= 0) return;
        pairs_.push_back({std::move(step), std::move(change), product});
        if (pairs_.size() > kHistory) pairs_.pop_front();
    }

    // Minus the inverse Hessian times the gradient (two-loop recursion, Nocedal and Wright, algorithm 7.4).
    std::vector<double> direction(std::vector<double> q) const {
        std::vector<double> alpha(pairs_.size());
        for (auto i = pairs_.size(); i-- > 0;) {
            alpha[i] = dot(pairs_[i].step, q) / pairs_[i].product;
            for (std::size_t j = 0; j < q.size(); ++j) q[j] -= alpha[i] * pairs_[i].change[j];
        }
        if (!pairs_.empty()) {
            const auto& last = pairs_.back();
            const double scale = last.product / dot(last.change, last.change);
            for (double& value : q) value *= scale;
        }
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            const double beta = dot(pairs_[i].change, q) / pairs_[i].product;
            for (std::size_t j = 0; j < q.size(); ++j) q[j] += (alpha[i] - beta) * pairs_[i].step[j];
        }
        for (double& value : q) value = -value;
        return q;
    }

  private:
    struct Pair {
        std::vector<double> step, change;
        double product;
    };
    std::deque<Pair> pairs_;
};

double largest_entry(const std::vector<double>& values) {
    double largest = 0;
    for (const double value : values) largest = std::max(largest, std::fabs(value));
    return largest;
}

}  // namespace

LogisticModel fit_logistic(const DoubleMatrix& cells, std::span<const std::int32_t> labels,
                           std::size_t classes, const LogisticOptions& options, int threads) {
    check(static_cast<std::size_t>(cells.rows) == labels.size() && !labels.empty() && classes > 0,
          "fit_logistic: one label for each cell");
    const Objective objective(cells, labels, classes, options.c, threads);
    std::vector<double> x(objective.size(), 0), gradient(x.size()), next(x.size()), next_gradient(x.size());
    Curvature curvature;
    LogisticModel model;
    double loss = objective(x, gradient);
    while (true) {
        model.converged = largest_entry(gradient) <= options.tolerance;
        if (model.converged || model.iterations == options.max_iterations) break;
        const auto direction = curvature.direction(gradient);
        const double slope = dot(direction, gradient);
        double step = 1, next_loss = 0;
        int halvings = 0;
        for (; halvings < kMaxHalvings; ++halvings, step /= 2) {
            for (std::size_t i = 0; i < x.size(); ++i) next[i] = x[i] + step * direction[i];
            next_loss = objective(next, next_gradient);
            if (next_loss <= loss + kSufficientDecrease * step * slope) break;
        }
        if (halvings == kMaxHalvings) break;  // as exact as doubles get
        auto moved = next, change = next_gradient;
        for (std::size_t i = 0; i < x.size(); ++i) {
            moved[i] -= x[i];
            change[i] -= gradient[i];
        }
        curvature.add(std::move(moved), std::move(change));
        std::swap(x, next);
        std::swap(gradient, next_gradient);
        loss = next_loss;
        ++model.iterations;
    }
    DenseMatrix by_feature(static_cast<std::size_t>(cells.cols), classes);
    std::copy_n(x.begin(), by_feature.values.size(), by_feature.values.begin());
    model.weights = transposed(by_feature);
    model.intercepts.assign(x.end() - static_cast<std::ptrdiff_t>(classes), x.end());
    return model;
}

ClassPredictions predict(const LogisticModel& model, const DoubleMatrix& cells, int threads) {
    return linear_predictions(cells, model.weights, model.intercepts, threads);
}

}  // namespace epi
