#include "counts/overlap_counter.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

const std::vector<std::vector<std::int32_t>> kOneRow{{0}};

// What one fragment [start, end) counts in the peak [100, 200).
std::int32_t count_in_peak(CountingRule rule, std::int32_t start, std::int32_t end) {
    const std::vector<Interval> peaks{{0, 100, 200}};
    const IntervalIndex index(peaks, 1);
    PairStore pairs(1);
    OverlapCounter counter(index, rule, pairs, 0);
    FragmentBatch batch;
    batch.add(start, end, 0, 1);
    counter.consume_peaks(batch);
    counter.flush();
    const auto matrix = pairs.rows(kOneRow, 1)->matrix();
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

TEST(OverlapCounter, TellsHowFragmentsMeetThePeaksWhateverTheRule) {
    const std::vector<Interval> peaks{{0, 100, 200}, {0, 100, 200}, {0, 150, 300}};
    const IntervalIndex index(peaks, 1);
    for (const auto rule :
         {CountingRule::Signac, CountingRule::Arc, CountingRule::Insertion, CountingRule::Fragment}) {
        PairStore pairs(3);
        OverlapCounter counter(index, rule, pairs, 0);
        const std::vector<char> wanted{1, 0};
        FragmentBatch batch;
        batch.wanted = wanted.data();
        batch.add(160, 250, 0, 1);  // overlaps all three; both cuts in a peak
        batch.add(160, 400, 0, 1);  // right cut outside
        batch.add(400, 450, 0, 1);
        batch.add(160, 250, 1, 1);  // no wanted barcode: no pairs
        counter.consume_peaks(batch);
        EXPECT_EQ(batch.peak_overlaps[0], 3U);
        EXPECT_EQ(batch.peak_cuts[0], 2);
        EXPECT_EQ(batch.peak_overlaps[1], 3U);
        EXPECT_EQ(batch.peak_cuts[1], 1);
        EXPECT_EQ(batch.peak_overlaps[2], 0U);
        EXPECT_EQ(batch.peak_cuts[2], 0);
        EXPECT_EQ(batch.peak_overlaps[3], 3U);
        FragmentBatch elsewhere;
        elsewhere.chrom = 7;
        elsewhere.add(160, 250, 0, 1);
        counter.consume_peaks(elsewhere);
        EXPECT_EQ(elsewhere.peak_overlaps[0], 0U);
        counter.flush();
        const std::vector<std::vector<std::int32_t>> rows{{0, 1}};
        const auto matrix = pairs.rows(rows, 2)->matrix();
        EXPECT_EQ(matrix.indptr, (std::vector<std::int64_t>{0, 3, 3}));
        EXPECT_TRUE(rule != CountingRule::Signac || matrix.values == (std::vector<std::int32_t>{2, 2, 2}));
    }
}

}  // namespace
}  // namespace epi
