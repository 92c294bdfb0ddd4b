#include "qc/genome_fit.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

KnownGenome small_genome() {
    KnownGenome genome;
    genome.sizes.add("chr1", 100'000);
    genome.genes.genes.push_back({"E1", "G1", "chr1", 50'000, 60'000, '+', "protein_coding"});
    genome.genes.genes.push_back({"E2", "G2", "chr1", 70'000, 80'001, '-', ""});
    genome.genes.genes.push_back({"E3", "G3", "chr9", 70'000, 80'001, '-', ""});
    return genome;
}

TEST(GenomeFit, CountsCutsAroundGeneStarts) {
    GenomeFit fit("small", small_genome());
    fit.add("chr1", 49'950, 50'051);  // both cuts 50 from the first start
    fit.add("1", 80'050, 80'052);     // 50 and 51 before the second
    fit.add("chr1", 49'000, 49'100);  // its cuts are the first and the last of the outer hundred
    fit.add("chr1", 90'000, 100'001);
    fit.add("chr9", 5, 9);
    EXPECT_EQ(fit.fragments(), 4);
    EXPECT_EQ(fit.beyond_end(), 1);
    EXPECT_EQ(cuts_at_starts(fit.profile()), 3);
    EXPECT_DOUBLE_EQ(pooled_tss_enrichment(fit.profile()), 3.0 / 101 / (2.0 / 200));
    EXPECT_EQ(pooled_tss_enrichment(TssIndex::Profile{}), 0);
}

}  // namespace
}  // namespace epi
