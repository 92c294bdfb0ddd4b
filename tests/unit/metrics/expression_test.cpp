#include "metrics/expression.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "metrics/ranks.hpp"

namespace epi {
namespace {

using Values = std::vector<double>;

TEST(AverageRanks, ShareTies) {
    EXPECT_EQ(average_ranks(Values{3, 1, 3, 0}), (Values{3.5, 2, 3.5, 1}));
    EXPECT_TRUE(average_ranks(Values{}).empty());
}

TEST(Correlation, IsOneMinusOneOrNotDefined) {
    const Values up = {1, 2, 3, 10}, down = {4, 3, 2, 1}, flat = {2, 2, 2, 2};
    EXPECT_DOUBLE_EQ(pearson(up, up), 1);
    EXPECT_LT(pearson(up, down), 0);
    EXPECT_DOUBLE_EQ(spearman(up, down), -1);
    EXPECT_TRUE(std::isnan(pearson(up, flat)));
    EXPECT_TRUE(std::isnan(spearman(flat, up)));
    EXPECT_TRUE(std::isnan(pearson(Values{1}, Values{1})));
    EXPECT_THROW(pearson(up, Values{1}), InternalError);
}

TEST(MeanSquaredError, IsTheMeanOfTheSquares) {
    EXPECT_DOUBLE_EQ(mean_squared_error(Values{1, 2}, Values{1, 5}), 4.5);
    EXPECT_TRUE(std::isnan(mean_squared_error({}, {})));
}

TEST(DefinedMean, SaysHowManyWereLeftOut) {
    DefinedMean mean;
    EXPECT_TRUE(std::isnan(mean.mean()));
    for (const double value : {1.0, std::nan(""), 4.0}) mean.add(value);
    EXPECT_DOUBLE_EQ(mean.mean(), 2.5);
    EXPECT_EQ(mean.defined(), 2);
    EXPECT_EQ(mean.undefined(), 1);
}

}  // namespace
}  // namespace epi
