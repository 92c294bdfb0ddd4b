#pragma once
#include <cstdint>
#include <span>

namespace epi {

// Pearson correlation; NaN if either side is constant or there are fewer than two values.
double pearson(std::span<const double> a, std::span<const double> b);

// Spearman correlation: Pearson of average ranks; NaN if either side is constant.
double spearman(std::span<const double> a, std::span<const double> b);

// Mean of the squared differences; NaN if there are none.
double mean_squared_error(std::span<const double> a, std::span<const double> b);

// A mean over those genes for which a score is defined, and how many those are.
class DefinedMean {
  public:
    void add(double value);  // NaN counts as not defined
    double mean() const;     // NaN if no value was defined
    std::int64_t defined() const { return defined_; }
    std::int64_t undefined() const { return undefined_; }

  private:
    double sum_ = 0;
    std::int64_t defined_ = 0, undefined_ = 0;
};

}  // namespace epi
