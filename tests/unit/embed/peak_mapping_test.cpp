#include "embed/peak_mapping.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/error.hpp"
#include "core/random.hpp"
#include "tests/support/temporary_folder.hpp"

namespace epi {
namespace {

IntervalSet peaks(const std::vector<std::string>& names) {
    IntervalSet set;
    for (const auto& name : names) add_interval_named(set, name, "test");
    return set;
}

std::vector<std::int32_t> targets(const PeakMapping& mapping, std::int64_t peak) {
    const auto found = mapping.of(peak);
    return {found.begin(), found.end()};
}

using Ids = std::vector<std::int32_t>;

TEST(PeakMapping, EachPeakGoesToAllModelPeaksItOverlaps) {
    const auto model = peaks({"chr1:100-200", "chr1:300-400", "chr2:100-200"});
    const auto mapping =
        map_peaks(peaks({"chr1:150-350", "chr1:200-300", "chr2:199-500", "chr3:100-200"}), model);
    EXPECT_FALSE(mapping.exact);
    EXPECT_EQ(targets(mapping, 0), (Ids{0, 1}));
    EXPECT_EQ(targets(mapping, 1), Ids{}) << "half-open: touching is not overlapping";
    EXPECT_EQ(targets(mapping, 2), Ids{2});
    EXPECT_EQ(targets(mapping, 3), Ids{}) << "an unknown chromosome";
}

TEST(PeakMapping, TheSamePeaksInAnotherOrderAndSpellingAreExact) {
    const auto model = peaks({"chr1:100-200", "chr1:150-250", "chr2:100-200"});
    const auto mapping = map_peaks(peaks({"chr2-100-200", "chr1-100-200"}), model);
    EXPECT_TRUE(mapping.exact);
    EXPECT_EQ(targets(mapping, 0), Ids{2});
    EXPECT_EQ(targets(mapping, 1), Ids{0}) << "not to peak 1, which it overlaps";
}

TEST(PeakMapping, ChrIsAddedOrRemovedOnlyWhenNothingMatchesOtherwise) {
    const auto model = peaks({"chr1:100-200", "chrM:0-50"});
    const auto added = map_peaks(peaks({"1:120-130", "MT:10-20"}), model);
    EXPECT_EQ(added.renamed, "chr added");
    EXPECT_EQ(targets(added, 0), Ids{0});
    EXPECT_EQ(targets(added, 1), Ids{1});
    const auto removed = map_peaks(peaks({"chr1:120-130", "chrM:10-20"}), peaks({"1:100-200", "MT:0-50"}));
    EXPECT_EQ(removed.renamed, "chr removed");
    EXPECT_EQ(removed.targets, (Ids{0, 1}));
    const auto mixed = map_peaks(peaks({"chr1:120-130", "1:120-130"}), model);
    EXPECT_EQ(mixed.renamed, "");
    EXPECT_EQ(targets(mixed, 1), Ids{});
}

TEST(PeakMapping, AgreesWithComparingAllPairs) {
    Rng rng(7);
    const auto random_set = [&](int n) {
        IntervalSet set;
        for (const auto* name : {"chr1", "chr2"}) set.chromosomes.add(name);
        for (int i = 0; i < n; ++i) {
            const auto start = static_cast<std::int64_t>(rng.below(2000));
            const auto chrom = static_cast<std::uint32_t>(rng.below(2));
            set.intervals.push_back(
                {chrom, start, start + 1 + static_cast<std::int64_t>(rng.below(rng.chance(0.1) ? 900 : 40))});
        }
        return set;
    };
    for (int round = 0; round < 20; ++round) {
        const auto sample = random_set(80), model = random_set(120);
        const auto mapping = map_peaks(sample, model);
        for (std::size_t p = 0; p < sample.size(); ++p) {
            Ids expected;
            for (std::size_t m = 0; m < model.size(); ++m) {
                const auto &a = sample.intervals[p], &b = model.intervals[m];
                if (a.chrom == b.chrom && a.start < b.end && b.start < a.end)
                    expected.push_back(static_cast<std::int32_t>(m));
            }
            ASSERT_EQ(targets(mapping, static_cast<std::int64_t>(p)), expected)
                << "round " << round << " peak " << p;
        }
    }
}

TEST(MapCells, BinarisesMergesAndReportsCoverage) {
    const auto model = peaks({"chr1:100-200", "chr1:300-400", "chr1:900-950", "chr1:980-990"});
    const auto mapping =
        map_peaks(peaks({"chr1:150-350", "chr1:110-120", "chr1:500-600", "chr1:940-941"}), model);
    DoubleMatrix cells;
    cells.cols = 4;
    cells.add_row(std::vector<std::int32_t>{0, 1, 2}, std::vector<double>{5, 1, 2});
    cells.add_row(std::vector<std::int32_t>{2, 3}, std::vector<double>{1, 0});  // a stored zero is not open
    cells.add_row({}, {});
    const auto mapped = map_cells(open_peaks_of(cells), mapping);
    EXPECT_EQ(mapped.open.cols, 4);
    EXPECT_EQ(mapped.open.indptr, (std::vector<std::int64_t>{0, 2, 2, 2}));
    EXPECT_EQ(mapped.open.indices, (Ids{0, 1}));
    const auto& coverage = mapped.coverage;
    EXPECT_EQ(coverage.sample_peaks_mapped, 3);
    EXPECT_EQ(coverage.model_peaks_reachable, 3);
    EXPECT_EQ(coverage.open_entries, 4);
    EXPECT_EQ(coverage.open_entries_kept, 2);
    EXPECT_EQ(coverage.cells_without_tokens, 2);
    EXPECT_EQ(coverage.tokens_per_cell, (std::array<double, 5>{0, 0, 0, 1, 2}));
    EXPECT_DOUBLE_EQ(coverage.share_of_entries(), 0.5);
    EXPECT_DOUBLE_EQ(coverage.share_of_model_peaks(), 0.75);
    EXPECT_DOUBLE_EQ(coverage.share_of_sample_peaks(), 0.75);
}

TEST(RequireCoverage, RefusesWithTheNumbersBelowTheShare) {
    MappingCoverage coverage;
    coverage.sample_peaks = 1000;
    coverage.sample_peaks_mapped = 30;
    coverage.model_peaks = 500;
    coverage.model_peaks_reachable = 20;
    coverage.open_entries = 8;
    coverage.open_entries_kept = 3;
    EXPECT_NO_THROW(require_coverage(coverage, 0.375, "x.h5ad"));
    const auto message = test::message_of<InputError>([&] { require_coverage(coverage, 0.5, "x.h5ad"); });
    EXPECT_NE(message.find("x.h5ad"), std::string::npos);
    EXPECT_NE(message.find("37.5 %"), std::string::npos) << message;
    EXPECT_NE(message.find("30 of 1,000 peaks map"), std::string::npos) << message;
    EXPECT_NE(message.find("--min-mapped"), std::string::npos);
}

TEST(RequireCoverage, RefusesAMatrixWithoutOpenPeaks) {
    EXPECT_NE(test::message_of<InputError>([] {
                  require_coverage({}, 0, "x.h5ad");
              }).find("no cell has an open peak"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
