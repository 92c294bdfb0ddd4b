#include "genome/known_genomes.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace epi {
namespace {

TEST(KnownGenomes, HoldSizesAndGenes) {
    for (const auto& name : known_genome_names()) {
        const auto genome = known_genome(name);
        EXPECT_GE(genome.sizes.size(), 22U) << name;
        EXPECT_GT(genome.genes.size(), 18000U) << name;
        for (const auto& gene : genome.genes.genes) {
            const auto chrom = genome.sizes.find(gene.chrom);
            ASSERT_TRUE(chrom.has_value()) << name << " " << gene.chrom;
            ASSERT_LE(gene.end, genome.sizes.length(*chrom)) << name << " " << gene.name;
        }
    }
    EXPECT_EQ(known_genome("hg38").sizes.length(0), 248956422);
    EXPECT_THROW(known_genome("hg18"), UsageError);
}

TEST(KnownGenomes, StartGapdhWhereItStarts) {
    const std::vector<std::pair<std::string, std::pair<std::string, std::int64_t>>> expected{
        {"hg38", {"GAPDH", 6534404}}, {"hg19", {"GAPDH", 6643584}}, {"mm10", {"Gapdh", 125166466}}};
    for (const auto& [name, gapdh] : expected) {
        bool found = false;
        for (const auto& gene : known_genome(name).genes.genes) {
            if (gene.name != gapdh.first) continue;
            found = true;
            EXPECT_NEAR(static_cast<double>(gene.tss()), static_cast<double>(gapdh.second), 1) << name;
        }
        EXPECT_TRUE(found) << name;
    }
}

}  // namespace
}  // namespace epi
