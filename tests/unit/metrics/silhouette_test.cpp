#include "metrics/silhouette.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"

namespace epi {
namespace {

using Codes = std::vector<std::int32_t>;

TEST(Silhouette, IsComputedFromMeanDistances) {
    // On a line: label 0 at 0 and 1, label 1 at 5 and 7.
    const std::vector<double> line = {0, 1, 5, 7};
    const auto widths = silhouette_widths({line, 1}, Codes{0, 0, 1, 1}, 1);
    EXPECT_DOUBLE_EQ(widths[0], (6.0 - 1) / 6);
    EXPECT_DOUBLE_EQ(widths[1], (5.0 - 1) / 5);
    EXPECT_DOUBLE_EQ(widths[2], (4.5 - 2) / 4.5);
    EXPECT_DOUBLE_EQ(widths[3], (6.5 - 2) / 6.5);
    EXPECT_EQ(widths, silhouette_widths({line, 1}, Codes{0, 0, 1, 1}, 3));
}

TEST(Silhouette, IsZeroForALonePointAndForDuplicates) {
    const std::vector<double> line = {0, 0, 0, 0, 3};
    EXPECT_EQ(silhouette_widths({line, 1}, Codes{0, 0, 1, 1, 2}, 1), (std::vector<double>(5, 0)));
}

TEST(Silhouette, IsNotDefinedForOneLabelOrALabelPerPoint) {
    const std::vector<double> line = {0, 1, 2};
    EXPECT_TRUE(silhouette_widths({line, 1}, Codes{0, 0, 0}, 1).empty());
    EXPECT_TRUE(std::isnan(label_asw({line, 1}, Codes{0, 1, 2}, 1)));
    EXPECT_TRUE(std::isnan(batch_asw({line, 1}, Codes{0, 0, 0}, Codes{0, 0, 0}, 1)));
    EXPECT_THROW(silhouette_widths({line, 1}, Codes{0}, 1), InternalError);
}

TEST(BatchAsw, IsHighWhereBatchesMix) {
    const std::vector<double> mixed = {0, 0.1, 1, 1.1}, apart = {0, 0.1, 50, 50.1};
    const Codes labels = {0, 0, 0, 0};
    EXPECT_GT(batch_asw({mixed, 1}, labels, Codes{0, 1, 0, 1}, 1),
              batch_asw({apart, 1}, labels, Codes{0, 0, 1, 1}, 1) + 0.5);
}

}  // namespace
}  // namespace epi
