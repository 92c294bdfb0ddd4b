#pragma once
#include <span>
#include <vector>

namespace epi {

// Ranks from 1; tied values share the mean of their ranks.
std::vector<double> average_ranks(std::span<const double> values);

}  // namespace epi
