#include "core/permutation.hpp"

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {

Permutation::Permutation(std::int64_t n, std::uint64_t seed)
    : n_(static_cast<std::uint64_t>(n)), seed_(seed) {
    check(n >= 0 && n <= std::int64_t{1} << 62, "a permutation of 0 to 2^62 numbers");
    while (std::uint64_t{1} << (2 * half_bits_) < n_) ++half_bits_;
}

std::int64_t Permutation::operator()(std::int64_t i) const {
    constexpr std::uint64_t kRounds = 8;
    check(i >= 0 && static_cast<std::uint64_t>(i) < n_, "a place in the permutation");
    const auto mask = (std::uint64_t{1} << half_bits_) - 1;
    auto number = static_cast<std::uint64_t>(i);
    do {
        auto left = number >> half_bits_, right = number & mask;
        for (std::uint64_t round = 0; round < kRounds; ++round) {
            const auto next = left ^ (mix(seed_ + round, right) & mask);
            left = right;
            right = next;
        }
        number = left << half_bits_ | right;
    } while (number >= n_);
    return static_cast<std::int64_t>(number);
}

}  // namespace epi
