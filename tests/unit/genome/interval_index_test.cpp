#include "genome/interval_index.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

std::vector<std::uint32_t> found(const IntervalIndex& index, std::uint32_t chrom, std::int32_t start,
                                 std::int32_t end) {
    std::vector<std::uint32_t> ids;
    index.overlaps(chrom, start, end, [&](const IntervalIndex::Entry& entry) { ids.push_back(entry.id); });
    std::sort(ids.begin(), ids.end());
    return ids;
}

TEST(IntervalIndex, FindsWhatASlowSearchFinds) {
    Rng rng(1);
    for (int round = 0; round < 200; ++round) {
        std::vector<Interval> intervals;
        for (std::uint64_t i = rng.below(30); i > 0; --i) {
            const auto start = static_cast<std::int64_t>(rng.below(20000)) - 3000;
            const auto longest = rng.chance(0.5) ? 20U : 15000U;
            intervals.push_back({static_cast<std::uint32_t>(rng.below(2)), start,
                                 start + static_cast<std::int64_t>(rng.below(longest))});
        }
        const IntervalIndex index(intervals, 2);
        for (int query = 0; query < 50; ++query) {
            const auto chrom = static_cast<std::uint32_t>(rng.below(3));
            const auto start = static_cast<std::int32_t>(rng.below(22000)) - 1;
            const auto end = start + static_cast<std::int32_t>(rng.below(rng.chance(0.3) ? 10000 : 5));
            std::vector<std::uint32_t> expected;
            for (std::uint32_t i = 0; i < intervals.size(); ++i)
                if (intervals[i].chrom == chrom && intervals[i].start < end && intervals[i].end > start)
                    expected.push_back(i);
            ASSERT_EQ(found(index, chrom, start, end), expected) << start << "-" << end;
            ASSERT_EQ(index.any_overlap(chrom, start, end), !expected.empty());
            const auto* one = index.on(chrom);
            if (!expected.empty()) {
                ASSERT_TRUE(one != nullptr && one->near(start, end)) << start << "-" << end;
            }
        }
    }
}

TEST(IntervalIndex, RefusesCoordinatesThatItCannotHold) {
    const std::vector<Interval> huge{{0, 5, std::int64_t{1} << 40}}, elsewhere{{3, 5, 6}};
    EXPECT_THROW(IntervalIndex(huge, 1), InternalError);
    EXPECT_THROW(IntervalIndex(elsewhere, 1), InternalError);
}

}  // namespace
}  // namespace epi
