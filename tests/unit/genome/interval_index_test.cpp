#include "genome/interval_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "core/error.hpp"
#include "core/random.hpp"
#include "genome/interval_walk.hpp"

namespace epi {
namespace {

std::vector<Interval> some_intervals(Rng& rng) {
    std::vector<Interval> intervals;
    for (std::uint64_t i = rng.below(30); i > 0; --i) {
        const auto start = static_cast<std::int64_t>(rng.below(20000)) - 3000;
        const auto longest = rng.chance(0.5) ? 20U : 15000U;
        intervals.push_back({static_cast<std::uint32_t>(rng.below(2)), start,
                             start + static_cast<std::int64_t>(rng.below(longest))});
    }
    return intervals;
}

// A range of chromosome 0, 1 or 2 (which has no intervals).
Interval some_range(Rng& rng) {
    const auto start = static_cast<std::int64_t>(rng.below(22000)) - 1;
    return {static_cast<std::uint32_t>(rng.below(3)), start,
            start + static_cast<std::int64_t>(rng.below(rng.chance(0.3) ? 10000 : 5))};
}

std::vector<std::uint32_t> found_slowly(const std::vector<Interval>& intervals, const Interval& range) {
    std::vector<std::uint32_t> ids;
    for (std::uint32_t i = 0; i < intervals.size(); ++i)
        if (intervals[i].chrom == range.chrom && intervals[i].start < range.end &&
            intervals[i].end > range.start)
            ids.push_back(i);
    return ids;
}

// By IntervalIndex or IntervalWalk.
std::vector<std::uint32_t> found(auto&& finder, const Interval& range) {
    std::vector<std::uint32_t> ids;
    finder.overlaps(range.chrom, static_cast<std::int32_t>(range.start), static_cast<std::int32_t>(range.end),
                    [&](const IntervalIndex::Entry& entry) { ids.push_back(entry.id); });
    std::sort(ids.begin(), ids.end());
    return ids;
}

TEST(IntervalIndex, FindsWhatASlowSearchFinds) {
    Rng rng(1);
    for (int round = 0; round < 200; ++round) {
        const auto intervals = some_intervals(rng);
        const IntervalIndex index(intervals, 2);
        for (int query = 0; query < 50; ++query) {
            const auto range = some_range(rng);
            ASSERT_EQ(found(index, range), found_slowly(intervals, range)) << range.start << "-" << range.end;
        }
    }
}

TEST(IntervalWalk, FindsWhatASlowSearchFindsInAnyOrderOfRanges) {
    Rng rng(2);
    for (int round = 0; round < 400; ++round) {
        const auto intervals = some_intervals(rng);
        const IntervalIndex index(intervals, 2);
        IntervalWalk walk(index);
        std::vector<Interval> ranges;
        for (int query = 0; query < 300; ++query) ranges.push_back(some_range(rng));
        if (round % 2 == 0)
            std::sort(ranges.begin(), ranges.end(), [](const Interval& a, const Interval& b) {
                return std::tuple(a.chrom, a.start, a.end) < std::tuple(b.chrom, b.start, b.end);
            });
        for (const auto& range : ranges)
            ASSERT_EQ(found(walk, range), found_slowly(intervals, range)) << range.start << "-" << range.end;
    }
}

TEST(IntervalIndex, RefusesCoordinatesThatItCannotHold) {
    const std::vector<Interval> huge{{0, 5, std::int64_t{1} << 40}}, elsewhere{{3, 5, 6}};
    EXPECT_THROW(IntervalIndex(huge, 1), InternalError);
    EXPECT_THROW(IntervalIndex(elsewhere, 1), InternalError);
}

}  // namespace
}  // namespace epi
