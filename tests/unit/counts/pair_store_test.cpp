#include "counts/pair_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/random.hpp"

namespace epi {
namespace {

// Two threads that number the same barcodes differently, in any order of features, in memory and on the disk.
TEST(PairStore, CountsWhatEveryThreadFound) {
    Rng rng(2);
    for (const std::uint64_t memory : {1ULL << 30, 1ULL << 14, 0ULL}) {
        PairStore store(300, memory);
        const std::vector<std::vector<std::int32_t>> row_of{{2, -1, 0, 1, 4}, {4, 0, 1}};
        std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> expected;
        for (std::uint64_t block = 0; block < 50; ++block) {
            const auto lane = rng.below(2);
            std::vector<Pair> pairs;
            const bool sorted = rng.chance(0.5);
            for (auto n = rng.below(2000); n > 0; --n) {
                const auto barcode = static_cast<std::uint32_t>(rng.below(row_of[lane].size()));
                const auto feature = static_cast<std::uint32_t>(rng.below(300));
                pairs.push_back({barcode, feature});
                if (row_of[lane][barcode] >= 0)
                    ++expected[{row_of[lane][barcode], static_cast<std::int32_t>(feature)}];
            }
            if (sorted)
                std::sort(pairs.begin(), pairs.end(), [](auto& a, auto& b) { return a.feature < b.feature; });
            store.add(lane, 50 - block, pairs);
        }
        store.add(1, 51, std::vector<Pair>(300, {1, 299}));  // more than a byte holds, and far from 0
        store.add(1, 52, std::vector<Pair>{{2, 0}, {2, 299}});
        expected[{0, 299}] += 300;
        ++expected[{1, 0}];
        ++expected[{1, 299}];
        EXPECT_EQ(store.bytes_on_disk() > 0, memory < 1U << 20);
        const auto matrix = store.rows(row_of, 5)->matrix();
        ASSERT_EQ(matrix.rows, 5);
        ASSERT_EQ(matrix.cols, 300);
        std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> found;
        for (std::int32_t row = 0; row < 5; ++row) {
            const auto columns = matrix.row_indices(row);
            EXPECT_TRUE(std::is_sorted(columns.begin(), columns.end()));
            for (std::size_t i = 0; i < columns.size(); ++i)
                found[{row, columns[i]}] = matrix.row_values(row)[i];
        }
        EXPECT_EQ(found, expected);
        EXPECT_EQ(matrix.row_indices(3).size(), 0U);
    }
}

// Pairs are packed into as few bytes as a block's barcodes and features need.
TEST(PairStore, KeepsPairsOfAnyWidth) {
    constexpr std::uint32_t kMany = 1U << 20;
    std::vector<std::vector<std::int32_t>> row_of{std::vector<std::int32_t>(kMany, -1)};
    row_of[0][3] = 0;
    row_of[0][kMany - 1] = 1;
    for (const std::uint64_t memory : {1ULL << 30, 0ULL}) {
        PairStore store(kMany, memory);
        store.add(0, 0, std::vector<Pair>{{3, 5}, {3, 7}, {3, 7}});                  // three bytes each
        store.add(0, 1, std::vector<Pair>{{kMany - 1, 6}, {3, 900}});                // four
        store.add(0, 2, std::vector<Pair>{{kMany - 1, 0}, {3, kMany - 1}, {4, 1}});  // eight
        const auto matrix = store.rows(row_of, 2)->matrix();
        EXPECT_EQ(matrix.indptr, (std::vector<std::int64_t>{0, 4, 6}));
        EXPECT_EQ(matrix.indices, (std::vector<std::int32_t>{5, 7, 900, kMany - 1, 0, 6}));
        EXPECT_EQ(matrix.values, (std::vector<std::int32_t>{1, 2, 1, 1, 1, 1}));
    }
}

}  // namespace
}  // namespace epi
