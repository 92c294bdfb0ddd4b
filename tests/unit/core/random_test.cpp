#include "core/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace epi {
namespace {

// Mean and variance of many draws.
std::pair<double, double> moments(int n, const std::function<double()>& draw) {
    double sum = 0, squares = 0;
    for (int i = 0; i < n; ++i) {
        const double x = draw();
        sum += x;
        squares += x * x;
    }
    const double mean = sum / n;
    return {mean, squares / n - mean * mean};
}

TEST(Rng, RepeatsForASeedAndDiffersBetweenStreams) {
    Rng a(7, 1), b(7, 1), c(7, 2);
    const auto first = a();
    EXPECT_EQ(first, b());
    EXPECT_NE(first, c());
}

TEST(Rng, ContinuesFromAStoredState) {
    Rng a(1);
    a();
    Rng b(2);
    b.set_state(a.state());
    EXPECT_EQ(a(), b());
}

TEST(Rng, DrawsTheDistributionsItNames) {
    Rng rng(3);
    const int n = 100000;
    auto [normal_mean, normal_variance] = moments(n, [&] { return rng.normal(); });
    EXPECT_NEAR(normal_mean, 0, 0.02);
    EXPECT_NEAR(normal_variance, 1, 0.03);
    for (const double mean : {0.5, 7.0, 100.0}) {
        auto [m, v] = moments(n, [&] { return static_cast<double>(rng.poisson(mean)); });
        EXPECT_NEAR(m / mean, 1, 0.03);
        EXPECT_NEAR(v / mean, 1, 0.05);
    }
    for (const double shape : {0.4, 3.0}) {
        auto [m, v] = moments(n, [&] { return rng.gamma(shape, 2); });
        EXPECT_NEAR(m / (2 * shape), 1, 0.04);
        EXPECT_NEAR(v / (4 * shape), 1, 0.08);
    }
}

TEST(Rng, DrawsEachIndexEquallyOften) {
    Rng rng(5);
    std::vector<int> seen(7);
    for (int i = 0; i < 70000; ++i) ++seen[rng.below(7)];
    for (const int count : seen) EXPECT_NEAR(count, 10000, 400);
}

TEST(WeightedChoice, DrawsInProportionAndNeverAZeroWeight) {
    Rng rng(6);
    const WeightedChoice choice({1, 0, 3});
    std::vector<int> seen(3);
    for (int i = 0; i < 40000; ++i) ++seen[choice(rng)];
    EXPECT_NEAR(seen[0], 10000, 400);
    EXPECT_EQ(seen[1], 0);
}

}  // namespace
}  // namespace epi
