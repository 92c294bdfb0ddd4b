#include "core/permutation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/error.hpp"

namespace epi {
namespace {

std::vector<std::int64_t> listed(const Permutation& order, std::int64_t n) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 0; i < n; ++i) numbers.push_back(order(i));
    return numbers;
}

TEST(Permutation, HasEveryNumberOnceAndFollowsItsSeed) {
    for (const std::int64_t n : {1, 2, 3, 4, 5, 16, 17, 1000, 65537}) {
        auto numbers = listed(Permutation(n, 7), n);
        EXPECT_EQ(numbers, listed(Permutation(n, 7), n));
        if (n >= 16) {
            EXPECT_NE(numbers, listed(Permutation(n, 8), n));
        }
        std::sort(numbers.begin(), numbers.end());
        for (std::int64_t i = 0; i < n; ++i) EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i) << n;
    }
    EXPECT_LT(Permutation(std::int64_t{1} << 40, 3)(12345), std::int64_t{1} << 40);
}

// Over seeds, each number comes equally often at each place, and each after each other.
TEST(Permutation, LooksRandom) {
    constexpr std::int64_t kNumbers = 10;
    constexpr int kSeeds = 20000;
    std::vector<double> at(kNumbers * kNumbers), after(kNumbers * kNumbers);
    for (int seed = 0; seed < kSeeds; ++seed) {
        const auto numbers = listed(Permutation(kNumbers, static_cast<std::uint64_t>(seed) << 20), kNumbers);
        for (std::size_t i = 0; i < kNumbers; ++i) ++at[i * kNumbers + static_cast<std::size_t>(numbers[i])];
        for (std::size_t i = 1; i < kNumbers; ++i)
            ++after[static_cast<std::size_t>(numbers[i - 1] * kNumbers + numbers[i])];
    }
    for (std::size_t i = 0; i < kNumbers; ++i)
        for (std::size_t j = 0; j < kNumbers; ++j) {
            EXPECT_NEAR(at[i * kNumbers + j], kSeeds / 10.0, 5 * std::sqrt(kSeeds / 10.0));
            EXPECT_NEAR(after[i * kNumbers + j], i == j ? 0 : kSeeds / 10.0, 5 * std::sqrt(kSeeds / 10.0));
        }
    // Neighbours are far apart, as in a shuffled list: a third of the numbers on average.
    const auto many = listed(Permutation(100'000, 1), 100'000);
    double apart = 0;
    for (std::size_t i = 1; i < many.size(); ++i)
        apart += std::abs(static_cast<double>(many[i] - many[i - 1]));
    EXPECT_NEAR(apart / 99'999 / 100'000, 1.0 / 3, 0.005);
}

TEST(Permutation, RefusesWhatItDoesNotHave) {
    EXPECT_THROW(Permutation(-1, 1), InternalError);
    EXPECT_THROW(Permutation(5, 1)(5), InternalError);
    EXPECT_THROW(Permutation(5, 1)(-1), InternalError);
}

}  // namespace
}  // namespace epi
