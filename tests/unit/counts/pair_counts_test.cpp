#include "counts/pair_counts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/random.hpp"

namespace epi {
namespace {

TEST(RadixSort, SortsAsTheStandardLibraryDoes) {
    Rng rng(1);
    std::vector<std::uint64_t> scratch;
    for (const std::uint64_t limit : {1ULL, 7ULL, 1ULL << 11, 1ULL << 33, ~0ULL}) {
        std::vector<std::uint64_t> values;
        for (int i = 0; i < 5000; ++i) values.push_back(rng.below(limit));
        auto expected = values;
        std::sort(expected.begin(), expected.end());
        radix_sort(values, scratch);
        EXPECT_EQ(values, expected);
    }
}

TEST(PairCounts, CountsMorePairsThanItHolds) {
    Rng rng(2);
    PairCounts pairs(300);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int32_t> expected;
    for (int i = 0; i < (10 << 20); ++i) {
        const auto random = rng();
        const auto barcode = static_cast<std::uint32_t>(random % 20);
        const auto feature = static_cast<std::uint32_t>((random >> 32) % (barcode + 1)) * 15;
        pairs.add(barcode, feature);
        ++expected[{barcode, feature}];
    }
    const std::vector<std::uint32_t> rows{7, 100, 0, 19};
    const auto matrix = pairs.rows_of(rows);
    ASSERT_EQ(matrix.rows, 4);
    ASSERT_EQ(matrix.cols, 300);
    for (std::int64_t row = 0; row < 4; ++row) {
        std::vector<std::int32_t> columns, values;
        for (const auto& [pair, count] : expected)
            if (pair.first == rows[static_cast<std::size_t>(row)]) {
                columns.push_back(static_cast<std::int32_t>(pair.second));
                values.push_back(count);
            }
        EXPECT_TRUE(std::ranges::equal(matrix.row_indices(row), columns));
        EXPECT_TRUE(std::ranges::equal(matrix.row_values(row), values));
    }
}

}  // namespace
}  // namespace epi
