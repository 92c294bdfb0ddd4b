#include "metrics/expression.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/not_a_number.hpp"
#include "metrics/ranks.hpp"

namespace epi {
namespace {

double mean(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

bool constant(std::span<const double> values) {
    return std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; });
}

}  // namespace

double pearson(std::span<const double> a, std::span<const double> b) {
    check(a.size() == b.size(), "pearson: pairs of values");
    if (a.size() < 2 || constant(a) || constant(b)) return kNan;
    const double mean_a = mean(a), mean_b = mean(b);
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - mean_a) * (b[i] - mean_b);
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
    }
    return std::clamp(ab / std::sqrt(aa) / std::sqrt(bb), -1.0, 1.0);
}

double spearman(std::span<const double> a, std::span<const double> b) {
    check(a.size() == b.size(), "spearman: pairs of values");
    return pearson(average_ranks(a), average_ranks(b));
}

double mean_squared_error(std::span<const double> a, std::span<const double> b) {
    check(a.size() == b.size(), "mean_squared_error: pairs of values");
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return a.empty() ? kNan : sum / static_cast<double>(a.size());
}

void DefinedMean::add(double value) {
    if (std::isnan(value)) {
        ++undefined_;
    } else {
        ++defined_;
        sum_ += value;
    }
}

double DefinedMean::mean() const {
    return defined_ == 0 ? kNan : sum_ / static_cast<double>(defined_);
}

}  // namespace epi
