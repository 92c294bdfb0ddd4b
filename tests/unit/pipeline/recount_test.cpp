#include "pipeline/recount.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "pipeline/count_sample.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::TemporaryFolder;

std::string random_rows(Rng& rng, std::size_t n) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i) {
        const auto start = rng.below(rng.chance(0.5) ? 300 : 60'000);
        auto length = rng.below(rng.chance(0.1) ? 3 : 800);
        if (rng.chance(0.02)) length = rng.below(30'000);  // longer than what a sweep looks back for
        text += (rng.chance(0.7)   ? "chr1\t"
                 : rng.chance(0.5) ? "chr2\t"
                                   : "other\t") +
                std::to_string(start) + "\t" + std::to_string(start + length) + "\tB" +
                std::to_string(rng.below(rng.chance(0.5) ? 4 : 40)) + "\t1\n";
    }
    return text;
}

IntervalSet random_peaks(Rng& rng, std::size_t n) {
    IntervalSet peaks;
    for (const auto* name : {"chr2", "chr1", "chr3"}) peaks.chromosomes.add(name);
    for (std::size_t i = 0; i < n; ++i) {
        const auto start = static_cast<std::int64_t>(rng.below(rng.chance(0.5) ? 300 : 60'000));
        peaks.intervals.push_back(
            {static_cast<std::uint32_t>(rng.below(3)), start,
             start + 1 + static_cast<std::int64_t>(rng.below(rng.chance(0.1) ? 20'000 : 600))});
        if (rng.chance(0.1)) peaks.intervals.push_back(peaks.intervals.back());
    }
    return peaks;
}

TEST(Recount, EqualsTheWholePass) {
    const TemporaryFolder folder;
    Rng rng(5);
    for (int round = 0; round < 120; ++round) {
        CountPlan plan;
        plan.fragments = {folder.file("f", "chr1\t1\t2\tB0\t1\n" + random_rows(rng, rng.below(4000)))};
        plan.cache = folder / "f.cache";
        plan.peaks = random_peaks(rng, 1 + rng.below(60));
        plan.rule = static_cast<CountingRule>(rng.below(4));
        plan.min_fragments = static_cast<std::int64_t>(rng.below(30));
        plan.gene_activity = false;
        if (rng.chance(0.3)) plan.cells = std::vector<std::string>{"B3", "none", "B0"};
        RunContext context;
        context.threads = 1 + static_cast<int>(rng.below(3));
        auto expected = count_sample(plan, context);
        expected.cache->write(plan.cache, {}, context);
        const auto counts =
            recount_peaks({plan.cache, plan.peaks, plan.cells, plan.min_fragments, plan.rule}, context);
        ASSERT_EQ(counts.cells, expected.cells.index);
        const auto matrix = expected.peaks.make()->matrix();
        ASSERT_EQ(counts.peaks.cols, matrix.cols);
        ASSERT_EQ(counts.peaks.indptr, matrix.indptr);
        ASSERT_EQ(counts.peaks.indices, matrix.indices);
        ASSERT_EQ(counts.peaks.values, matrix.values);
        auto again = plan;
        again.fragments = {plan.cache};
        again.cache.clear();
        const auto cached = count_sample(again, context);
        const auto matrix_of_cache = cached.peaks.make()->matrix();
        ASSERT_EQ(cached.qc.index, expected.qc.index);
        ASSERT_EQ(matrix_of_cache.indices, matrix.indices);
        ASSERT_EQ(matrix_of_cache.values, matrix.values);
    }
}

}  // namespace
}  // namespace epi
