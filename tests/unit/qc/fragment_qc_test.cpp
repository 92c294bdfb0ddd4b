#include "qc/fragment_qc.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "qc/tss_enrichment.hpp"

namespace epi {
namespace {

TEST(FragmentQc, CountsByLengthContigAndBlacklist) {
    Chromosomes contigs;
    contigs.add("chr1", 5000);
    contigs.add("chrM");
    const std::vector<Interval> blacklist{{0, 100, 200}};
    FragmentQc qc(TssIndex({}, 2), IntervalIndex(blacklist, 2), contigs);
    FragmentBatch batch;
    batch.add(0, 0, 146, 1, 2);      // nucleosome free, in the blacklist
    batch.add(0, 1000, 1147, 1, 1);  // 147 is neither
    batch.add(0, 1000, 1148, 1, 1);  // 148 is mononucleosomal
    batch.add(0, 1000, 1293, 1, 1);  // so is 293
    batch.add(0, 4000, 4294, 1, 1);  // 294 is not
    batch.add(0, 4000, 5001, 1, 3);  // 1001 is long, and beyond the end
    batch.add(0, 200, 200, 1, 1);    // empty, touches the blacklist
    batch.add(1, 5, 50, 0, 1);
    batch.add(2, 5, 50, 0, 1);
    batch.new_contigs = {"MT"};
    qc.consume(batch);
    const auto& counts = qc.barcodes()[1];
    EXPECT_EQ(counts.fragments, 7U);
    EXPECT_EQ(counts.reads, 10U);
    EXPECT_EQ(counts.nucleosome_free, 2U);
    EXPECT_EQ(counts.mononucleosomal, 2U);
    EXPECT_EQ(counts.blacklist, 1U);
    EXPECT_EQ(counts.mitochondrial, 0U);
    EXPECT_EQ(qc.barcodes()[0].mitochondrial, 2U);
    EXPECT_EQ(qc.order(), (std::vector<std::uint32_t>{1, 0}));
    EXPECT_EQ(qc.sizes()[0], 1);
    EXPECT_EQ(qc.sizes()[45], 2);
    EXPECT_EQ(qc.sizes().back(), 1);
    EXPECT_EQ(qc.beyond_end(), 1);
    EXPECT_EQ(qc.contig_fragments(), (std::vector<std::int64_t>{7, 1, 1}));
    EXPECT_DOUBLE_EQ(nucleosome_signal(counts), 1);
    EXPECT_DOUBLE_EQ(duplicate_rate(counts), 1 - 0.7);
}

TEST(FragmentQc, DividesByZeroAsSignacDoes) {
    BarcodeCounts none, mono;
    mono.mononucleosomal = 3;
    EXPECT_TRUE(std::isnan(nucleosome_signal(none)));
    EXPECT_TRUE(std::isinf(nucleosome_signal(mono)));
}

TEST(TssEnrichment, TakesTheMeanFlankWhereThereIsNone) {
    const std::vector<std::uint64_t> flanks{0, 400, 200};
    const double mean = mean_tss_flank(flanks);
    EXPECT_DOUBLE_EQ(mean, 1);
    EXPECT_DOUBLE_EQ(tss_enrichment(2002, 400, mean), 1);
    EXPECT_DOUBLE_EQ(tss_enrichment(2002, 0, mean), 2);
    EXPECT_TRUE(std::isinf(tss_enrichment(1, 0, mean_tss_flank({}))));
    EXPECT_TRUE(std::isnan(tss_enrichment(0, 0, 0)));
}

}  // namespace
}  // namespace epi
