#include "counts/overlap_counter.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

// What one fragment [start, end) counts in the peak [100, 200).
std::int32_t count_in_peak(CountingRule rule, std::int32_t start, std::int32_t end) {
    const std::vector<Interval> peaks{{0, 100, 200}};
    OverlapCounter counter(peaks, 1, rule);
    FragmentBatch batch;
    batch.add(0, start, end, 0, 1);
    counter.consume(batch);
    const std::vector<std::uint32_t> rows{0};
    const auto matrix = counter.matrix(rows);
    return matrix.nonzeros() == 0 ? 0 : matrix.values[0];
}

TEST(CountingRule, GivesEachOwnersCount) {
    struct Example {
        std::int32_t start, end, signac, arc, insertion, fragment;
    };
    const std::vector<Example> examples{
        {0, 100, 0, 1, 0, 0},    // touches: only ARC's right cut, `end` itself, is inside
        {0, 101, 1, 1, 1, 1},    // its last base is the peak's first
        {50, 250, 1, 0, 0, 0},   // spans the peak
        {100, 200, 1, 1, 2, 1},  // fills it: ARC's right cut is just outside
        {120, 180, 1, 2, 2, 1},  // inside
        {199, 300, 1, 1, 1, 1},  // its first base is the peak's last
        {200, 300, 0, 0, 0, 0},  // touches
        {150, 150, 1, 2, 2, 1},  // empty, inside
        {100, 100, 0, 2, 1, 1},  // empty, on the border
        {200, 200, 0, 0, 1, 1},  // empty, on the other border: `end - 1` is inside
    };
    for (const auto& x : examples) {
        EXPECT_EQ(count_in_peak(CountingRule::Signac, x.start, x.end), x.signac) << x.start << "-" << x.end;
        EXPECT_EQ(count_in_peak(CountingRule::Arc, x.start, x.end), x.arc) << x.start << "-" << x.end;
        EXPECT_EQ(count_in_peak(CountingRule::Insertion, x.start, x.end), x.insertion)
            << x.start << "-" << x.end;
        EXPECT_EQ(count_in_peak(CountingRule::Fragment, x.start, x.end), x.fragment)
            << x.start << "-" << x.end;
    }
}

TEST(OverlapCounter, TotalsCountAFragmentInEachPeakAndItsCutsOnce) {
    const std::vector<Interval> peaks{{0, 100, 200}, {0, 100, 200}, {0, 150, 300}};
    OverlapCounter counter(peaks, 1, CountingRule::Signac, 1);
    FragmentBatch batch;
    batch.add(0, 160, 250, 0, 1);  // overlaps all three; both cuts in a peak
    batch.add(0, 160, 400, 0, 1);  // right cut outside
    batch.add(0, 400, 450, 0, 1);
    batch.add(7, 160, 250, 0, 1);  // a contig without peaks
    batch.add(0, 160, 250, 5, 1);  // beyond the limit: totals only
    counter.consume(batch);
    ASSERT_EQ(counter.totals().size(), 6U);
    EXPECT_EQ(counter.totals()[0].overlaps, 6U);
    EXPECT_EQ(counter.totals()[0].fragments, 2U);
    EXPECT_EQ(counter.totals()[0].insertions, 3U);
    EXPECT_EQ(counter.totals()[5].overlaps, 3U);
    const std::vector<std::uint32_t> rows{0, 5};
    const auto matrix = counter.matrix(rows);
    EXPECT_EQ(matrix.values, (std::vector<std::int32_t>{2, 2, 2}));
    EXPECT_EQ(matrix.indptr, (std::vector<std::int64_t>{0, 3, 3}));
}

}  // namespace
}  // namespace epi
