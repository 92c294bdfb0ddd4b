#include "qc/fragment_qc.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "qc/tss_enrichment.hpp"

namespace epi {
namespace {

TEST(FragmentQc, CountsByLengthContigAndBlacklist) {
    const std::vector<Interval> blacklist{{0, 100, 200}};
    const QcRegions regions{TssIndex({}, 2), IntervalIndex(blacklist, 2)};
    FragmentQc qc(regions);
    FragmentBatch batch;
    batch.chrom_length = 5000;
    batch.add(0, 146, 1, 2);      // nucleosome free, in the blacklist
    batch.add(1000, 1147, 1, 1);  // 147 is neither
    batch.add(1000, 1148, 1, 1);  // 148 is mononucleosomal
    batch.add(1000, 1293, 1, 1);  // so is 293
    batch.add(4000, 4294, 1, 1);  // 294 is not
    batch.add(4000, 5001, 1, 3);  // 1001 is long, and beyond the end
    batch.add(200, 200, 1, 1);    // empty, touches the blacklist
    batch.peak_overlaps[0] = 3;
    batch.peak_cuts[0] = 2;
    batch.peak_overlaps[3] = 1;
    qc.consume(batch);
    for (const auto chrom : {1U, 2U}) {
        FragmentBatch mitochondrial;
        mitochondrial.chrom = chrom;
        mitochondrial.mitochondrial = true;
        mitochondrial.add(5, 50, 0, 1);
        qc.consume(mitochondrial);
    }
    const auto& counts = qc.barcodes()[1];
    EXPECT_EQ(counts.fragments, 7U);
    EXPECT_EQ(counts.reads, 10U);
    EXPECT_EQ(counts.nucleosome_free, 2U);
    EXPECT_EQ(counts.mononucleosomal, 2U);
    EXPECT_EQ(counts.blacklist, 1U);
    EXPECT_EQ(counts.mitochondrial, 0U);
    EXPECT_EQ(counts.peak_overlaps, 4U);
    EXPECT_EQ(counts.in_peaks, 2U);
    EXPECT_EQ(counts.peak_insertions, 2U);
    EXPECT_EQ(qc.barcodes()[0].mitochondrial, 2U);
    EXPECT_EQ(qc.sizes()[0], 1);
    EXPECT_EQ(qc.sizes()[45], 2);
    EXPECT_EQ(qc.sizes().back(), 1);
    EXPECT_EQ(qc.beyond_end(), 1);
    EXPECT_EQ(qc.contig_fragments(), (std::vector<std::int64_t>{7, 1, 1}));
    EXPECT_DOUBLE_EQ(nucleosome_signal(counts), 1);
    EXPECT_DOUBLE_EQ(duplicate_rate(counts), 1 - 0.7);

    FragmentQc sum(regions);
    const std::vector<std::uint32_t> id_of{4, 2};
    sum.add(qc, id_of);
    sum.add(qc, id_of);
    EXPECT_EQ(sum.barcodes()[2].reads, 20U);
    EXPECT_EQ(sum.barcodes()[2].peak_overlaps, 8U);
    EXPECT_EQ(sum.barcodes()[4].mitochondrial, 4U);
    EXPECT_EQ(sum.sizes()[45], 4);
    EXPECT_EQ(sum.beyond_end(), 2);
    EXPECT_EQ(sum.contig_fragments(), (std::vector<std::int64_t>{14, 2, 2}));
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
