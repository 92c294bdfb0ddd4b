#include "genome/clean_peaks.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;

struct Row {
    std::string chrom;
    std::int64_t start, end;
};

IntervalSet set_of(const std::vector<Row>& rows) {
    IntervalSet set;
    for (const auto& row : rows)
        set.intervals.push_back({set.chromosomes.add(row.chrom), row.start, row.end});
    return set;
}

using Names = std::vector<std::string>;

Names clean(const std::vector<Row>& peaks, const std::vector<Row>& blacklist = {}) {
    std::optional<IntervalSet> regions;
    if (!blacklist.empty()) regions = set_of(blacklist);
    return clean_peaks(set_of(peaks), std::nullopt, regions, "peaks.bed").peaks.names();
}

TEST(CleanPeaks, MergesOverlappingAndAdjacentAndOrdersNaturally) {
    EXPECT_EQ(clean({{"chrX", 5, 9},
                     {"chr10", 1, 2},
                     {"chr2", 30, 40},
                     {"chr2", 10, 20},
                     {"chr2", 20, 25},
                     {"chr2", 26, 35},
                     {"chr2", 12, 14}}),
              (Names{"chr2:10-25", "chr2:26-40", "chr10:1-2", "chrX:5-9"}));
}

TEST(CleanPeaks, KeepsStandardChromosomesOnly) {
    EXPECT_EQ(clean({{"chrM", 1, 9}, {"KI270728.1", 1, 9}, {"chrUn_x", 1, 9}, {"chrY", 1, 9}}),
              (Names{"chrY:1-9"}));
}

TEST(CleanPeaks, DropsABlacklistedPeakWhole) {
    // One base of overlap is enough; Signac's regions begin one base before the file's.
    EXPECT_EQ(clean({{"chr1", 10, 20},
                     {"chr1", 0, 8},
                     {"chr1", 0, 9},
                     {"chr1", 29, 40},
                     {"chr1", 30, 40},
                     {"chr2", 10, 20}},
                    {{"chr1", 9, 12}, {"chr1", 11, 30}, {"chr3", 1, 2}}),
              (Names{"chr1:0-8", "chr1:30-40", "chr2:10-20"}));
}

TEST(CleanPeaks, CountsWhatBecameOfEveryPeak) {
    Chromosomes sizes;
    sizes.add("chr2", 100);
    sizes.add("chr1", 50);
    const auto result = clean_peaks(set_of({{"chr1", 40, 60},
                                            {"chr1", 45, 50},
                                            {"chr2", 1, 5},
                                            {"chr2", 50, 60},
                                            {"chr3", 1, 5},
                                            {"chrM", 1, 5}}),
                                    sizes, set_of({{"chr2", 55, 56}}), "x");
    EXPECT_EQ(result.peaks.names(), (Names{"chr2:1-5", "chr1:40-50"}));  // in the order of the sizes
    EXPECT_EQ(result.read, 6U);
    EXPECT_EQ(result.nonstandard, 1U);
    EXPECT_EQ(result.unknown, 1U);
    EXPECT_EQ(result.blacklisted, 1U);
    EXPECT_EQ(result.trimmed, 1U);
    EXPECT_EQ(result.merged, 1U);
}

TEST(CleanPeaks, RefusesPeaksOfAnotherGenome) {
    Chromosomes sizes;
    sizes.add("chr1", 50);
    EXPECT_NE(message_of<InputError>([&] {
                  clean_peaks(set_of({{"chr1", 50, 60}}), sizes, std::nullopt, "a.bed");
              }).find("a.bed: peak chr1:50-60 lies beyond the end of its chromosome (50 bp)"),
              std::string::npos);
    EXPECT_NE(message_of<InputError>([&] {
                  clean_peaks(set_of({{"chr2", 5, 6}, {"chrM", 5, 6}}), sizes, std::nullopt, "a.bed");
              }).find("a.bed: no peak is left of 2 (1 not on chromosomes"),
              std::string::npos);
}

// Base by base.
Names slow_clean(const IntervalSet& peaks, const IntervalSet& blacklist) {
    constexpr std::int64_t kLength = 600;
    Names names;
    for (const std::string chrom : {"chr1", "chr2"}) {
        std::vector<bool> covered(kLength + 1, false);
        for (const auto& peak : peaks.intervals) {
            if (peaks.chromosomes.name(peak.chrom) != chrom) continue;
            bool listed = false;
            for (const auto& region : blacklist.intervals)
                if (blacklist.chromosomes.name(region.chrom) == chrom)
                    for (auto x = region.start - 1; x < region.end; ++x)
                        listed |= peak.start <= x && x < peak.end;
            if (listed) continue;
            for (auto x = peak.start; x < peak.end; ++x) covered[x] = true;
        }
        std::int64_t start = -1;
        for (std::int64_t x = 0; x <= kLength; ++x) {
            if (covered[x] && start < 0) start = x;
            if (!covered[x] && start >= 0) {
                names.push_back(chrom + ":" + std::to_string(start) + "-" + std::to_string(x));
                start = -1;
            }
        }
    }
    return names;
}

TEST(CleanPeaks, EqualsASlowOneOnRandomPeaks) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Rng rng(seed);
        std::vector<Row> peaks{{"chr1", 590, 591}}, regions;
        const auto draw = [&](std::uint64_t longest) {
            const auto start = static_cast<std::int64_t>(rng.below(500));
            return Row{rng.chance(0.5) ? "chr1" : "chr2", start,
                       start + 1 + static_cast<std::int64_t>(rng.below(longest))};
        };
        for (int i = 0; i < 40; ++i) peaks.push_back(draw(20));
        for (int i = 0; i < 6; ++i) regions.push_back(draw(10));
        EXPECT_EQ(clean(peaks, regions), slow_clean(set_of(peaks), set_of(regions)));
    }
}

}  // namespace
}  // namespace epi
