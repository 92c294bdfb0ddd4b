#include "metrics/clustering.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace epi {
namespace {

using Codes = std::vector<std::int32_t>;

TEST(LabelCodes, AreInLexicographicOrderAndMinusOneWhereEmpty) {
    EXPECT_EQ(label_codes(std::vector<std::string>{"T", "B", "", "T"}), (Codes{1, 0, -1, 1}));
}

TEST(NormalizedMutualInformation, HasTheEdgeCasesOfScikitLearn) {
    EXPECT_DOUBLE_EQ(normalized_mutual_information(Codes{0, 0, 0}, Codes{1, 1, 1}), 1);
    EXPECT_DOUBLE_EQ(normalized_mutual_information(Codes{}, Codes{}), 1);
    EXPECT_DOUBLE_EQ(normalized_mutual_information(Codes{0, 0, 0}, Codes{0, 1, 1}), 0);
    EXPECT_DOUBLE_EQ(normalized_mutual_information(Codes{0, 0, 1, 1}, Codes{5, 5, 2, 2}), 1);
    EXPECT_NEAR(normalized_mutual_information(Codes{0, 0, 1, 1}, Codes{0, 1, 0, 1}), 0, 1e-15);
    EXPECT_THROW(normalized_mutual_information(Codes{0}, Codes{}), InternalError);
}

TEST(AdjustedRandIndex, AgreesWithCountingPairs) {
    const Codes a = {0, 0, 1, 1, 2, 2, 2, 0}, b = {0, 0, 1, 2, 2, 2, 1, 0};
    double both = 0, in_a = 0, in_b = 0, all = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const bool same_a = a[i] == a[j], same_b = b[i] == b[j];
            ++all;
            in_a += same_a ? 1 : 0;
            in_b += same_b ? 1 : 0;
            both += same_a && same_b ? 1 : 0;
        }
    const double expected = in_a * in_b / all;
    EXPECT_NEAR(adjusted_rand_index(a, b), (both - expected) / ((in_a + in_b) / 2 - expected), 1e-14);
    EXPECT_DOUBLE_EQ(adjusted_rand_index(a, a), 1);
    EXPECT_DOUBLE_EQ(adjusted_rand_index(Codes{0, 0}, Codes{3, 3}), 1);
    EXPECT_DOUBLE_EQ(adjusted_rand_index(Codes{0, 1, 2, 3}, Codes{0, 0, 0, 0}), 0);
}

}  // namespace
}  // namespace epi
