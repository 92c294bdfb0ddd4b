#pragma once
#include <limits>

namespace epi {

// What a mean of nothing is, or a score that is not defined; tables and reports leave its place empty.
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace epi
