#include "embed/cell_type_call.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

TEST(CellTypeCall, HasTheTwoMostProbableClasses) {
    const auto call = call_of(std::vector<double>{0.1, 0.3, 0.5, 0.1});
    EXPECT_EQ(call.best, 2);
    EXPECT_EQ(call.runner_up, 1);
    EXPECT_DOUBLE_EQ(call.confidence, 0.5);
    EXPECT_DOUBLE_EQ(call.runner_up_confidence, 0.3);
    EXPECT_NEAR(call.entropy, (0.2 * 2.302585093 + 0.3 * 1.203972804 + 0.5 * 0.693147181) / 1.386294361,
                1e-8);
}

TEST(CellTypeCall, TheFirstOfEqualsWinsAndEntropyRunsFromZeroToOne) {
    const auto even = call_of(std::vector<double>{0.5, 0.5});
    EXPECT_EQ(even.best, 0);
    EXPECT_EQ(even.runner_up, 1);
    EXPECT_DOUBLE_EQ(even.entropy, 1);
    EXPECT_DOUBLE_EQ(call_of(std::vector<double>{0, 1}).entropy, 0);
    EXPECT_EQ(call_of(std::vector<double>{0, 1}).runner_up, 0);
    const auto only = call_of(std::vector<double>{1});
    EXPECT_EQ(only.best, 0);
    EXPECT_EQ(only.runner_up, -1);
}

}  // namespace
}  // namespace epi
