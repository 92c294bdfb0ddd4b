#pragma once
#include <cstdint>

namespace epi {

// Streams of random numbers of a training, apart from each other.
inline constexpr std::uint64_t kOrderStream = 1, kDrawStream = 2, kDropoutStream = 3, kValidationStream = 4,
                               kLoraStream = 5;

}  // namespace epi
