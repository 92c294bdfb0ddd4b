#include "simulate/landscape.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace epi {
namespace {

SimulationParameters few_regions() {
    SimulationParameters parameters;
    parameters.peaks = 700;
    parameters.genes = 120;
    return parameters;
}

TEST(Landscape, HasExactlyThePeaksAndGenesAskedFor) {
    for (const auto& [peaks, genes] :
         std::vector<std::pair<int, int>>{{20, 1}, {20, 500}, {700, 120}, {5000, 30}}) {
        SimulationParameters parameters;
        parameters.peaks = peaks;
        parameters.genes = genes;
        const auto landscape = make_landscape(parameters);
        EXPECT_EQ(landscape.peaks.size(), static_cast<std::size_t>(peaks));
        EXPECT_EQ(landscape.genes.size(), static_cast<std::size_t>(genes));
        EXPECT_EQ(landscape.gene_of_peak.size(), landscape.peaks.size());
    }
}

TEST(Landscape, PeaksAreSortedApartOnTheirChromosomesAndNotBlacklisted) {
    const auto landscape = make_landscape(few_regions());
    const auto& peaks = landscape.peaks.intervals;
    for (std::size_t i = 0; i < peaks.size(); ++i) {
        EXPECT_LT(peaks[i].chrom, landscape.mitochondrion);
        EXPECT_GE(peaks[i].start, 0);
        EXPECT_LE(peaks[i].end, landscape.chromosomes.length(peaks[i].chrom));
        if (i > 0 && peaks[i - 1].chrom == peaks[i].chrom) {
            EXPECT_GE(peaks[i].start - peaks[i - 1].end, 200);
        }
        for (const auto& region : landscape.blacklist.intervals)
            EXPECT_FALSE(region.chrom == peaks[i].chrom && region.start < peaks[i].end &&
                         peaks[i].start < region.end);
    }
    EXPECT_FALSE(landscape.blacklist.intervals.empty());
}

TEST(Landscape, PromoterPeaksCoverTheirTranscriptionStart) {
    const auto landscape = make_landscape(few_regions());
    std::size_t promoters = 0;
    for (std::size_t p = 0; p < landscape.peaks.size(); ++p) {
        if (landscape.promoter_of_peak[p] < 0) continue;
        ++promoters;
        const auto& gene = landscape.genes.genes[static_cast<std::size_t>(landscape.promoter_of_peak[p])];
        const auto& peak = landscape.peaks.intervals[p];
        EXPECT_EQ(landscape.chromosomes.name(peak.chrom), gene.chrom);
        EXPECT_TRUE(peak.start <= gene.tss() && gene.tss() < peak.end);
    }
    EXPECT_EQ(promoters, landscape.genes.size());
}

TEST(Landscape, NearestGeneIsWhatASearchOfAllGenesFinds) {
    const auto landscape = make_landscape(few_regions());
    for (std::size_t p = 0; p < landscape.peaks.size(); ++p) {
        const auto& peak = landscape.peaks.intervals[p];
        const auto distance = [&](const Gene& gene) {
            return std::abs(gene.tss() - (peak.start + peak.end) / 2);
        };
        std::int64_t shortest = -1;
        for (const auto& gene : landscape.genes.genes)
            if (gene.chrom == landscape.chromosomes.name(peak.chrom) &&
                (shortest < 0 || distance(gene) < shortest))
                shortest = distance(gene);
        ASSERT_GE(landscape.gene_of_peak[p], 0);
        EXPECT_EQ(distance(landscape.genes.genes[static_cast<std::size_t>(landscape.gene_of_peak[p])]),
                  shortest);
    }
}

TEST(Landscape, BinsCoverTheGenomeAndCutNoPeak) {
    const auto landscape = make_landscape(few_regions());
    std::map<std::uint32_t, std::int64_t> covered;
    std::size_t peak = 0;
    for (const auto& bin : landscape.bins) {
        EXPECT_EQ(bin.start, covered[bin.chrom]);
        covered[bin.chrom] = bin.end;
        EXPECT_EQ(bin.first_peak, peak);
        for (; peak < bin.last_peak; ++peak) {
            EXPECT_EQ(landscape.peaks.intervals[peak].chrom, bin.chrom);
            EXPECT_GE(landscape.peaks.intervals[peak].start, bin.start);
            EXPECT_LE(landscape.peaks.intervals[peak].end, bin.end);
        }
    }
    EXPECT_EQ(peak, landscape.peaks.size());
    for (std::uint32_t chrom = 0; chrom < landscape.chromosomes.size(); ++chrom)
        EXPECT_EQ(covered[chrom], landscape.chromosomes.length(chrom));
    EXPECT_GT(landscape.bins.size(), landscape.chromosomes.size());
}

}  // namespace
}  // namespace epi
