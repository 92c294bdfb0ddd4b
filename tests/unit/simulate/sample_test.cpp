#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/parallel.hpp"
#include "simulate/fragments.hpp"

namespace epi {
namespace {

// One sample of a small experiment with all it refers to.
struct Sample {
    SimulationParameters parameters;
    Landscape landscape;
    Regulation regulation;
    SampleRegulation sample;
    std::vector<SimulatedBarcode> barcodes;

    explicit Sample(const SimulationParameters& chosen)
        : parameters(chosen),
          landscape(make_landscape(parameters)),
          regulation(make_regulation(landscape, parameters)),
          sample(regulate_sample(landscape, regulation, parameters, 0, 0)),
          barcodes(draw_barcodes(sample, parameters, 0)) {}

    SampleModel model() const { return {landscape, regulation, sample, barcodes, parameters, 5}; }

    std::vector<std::vector<SimulatedFragment>> fragments(int threads) const {
        std::vector<std::vector<SimulatedFragment>> bins(landscape.bins.size());
        parallel_for(bins.size(), threads, [&](std::size_t i) { bins[i] = simulate_bin(model(), i); });
        return bins;
    }
};

SimulationParameters small() {
    SimulationParameters parameters;
    parameters.peaks = 700;
    parameters.genes = 120;
    parameters.cells = 100;
    parameters.low_quality = 0.3;
    return parameters;
}

std::size_t of_quality(const Sample& sample, Quality quality) {
    return static_cast<std::size_t>(
        std::count_if(sample.barcodes.begin(), sample.barcodes.end(),
                      [&](const auto& barcode) { return barcode.quality == quality; }));
}

TEST(Barcodes, AreDistinctSortedAndOfTheQualitiesAskedFor) {
    const Sample sample(small());
    EXPECT_EQ(of_quality(sample, Quality::Good), 100U);
    EXPECT_EQ(of_quality(sample, Quality::LowQuality), 30U);
    EXPECT_EQ(of_quality(sample, Quality::Doublet), 5U);
    EXPECT_EQ(of_quality(sample, Quality::Background), 400U);
    for (std::size_t i = 0; i < sample.barcodes.size(); ++i) {
        const auto& barcode = sample.barcodes[i];
        EXPECT_EQ(barcode.barcode.size(), 18U);
        EXPECT_TRUE(barcode.barcode.ends_with("-1"));
        if (i > 0) {
            EXPECT_LT(sample.barcodes[i - 1].barcode, barcode.barcode);
        }
        EXPECT_EQ(barcode.cells.size(), barcode.quality == Quality::Background ? 0U
                                        : barcode.quality == Quality::Doublet  ? 2U
                                                                               : 1U);
        if (barcode.cells.size() == 2) {
            EXPECT_NE(barcode.cells[0].type, barcode.cells[1].type);
        }
    }
}

TEST(Fragments, DoNotDependOnThreadsAndAreSortedOnceEach) {
    const Sample sample(small());
    const auto expected = sample.fragments(1);
    for (const int threads : {2, 3}) {
        const auto bins = sample.fragments(threads);
        for (std::size_t b = 0; b < bins.size(); ++b)
            EXPECT_EQ(format_fragments(bins[b], "c", sample.barcodes),
                      format_fragments(expected[b], "c", sample.barcodes));
    }
    for (std::size_t b = 0; b < expected.size(); ++b) {
        const auto& bin = sample.landscape.bins[b];
        for (std::size_t i = 0; i < expected[b].size(); ++i) {
            const auto& fragment = expected[b][i];
            EXPECT_GE(fragment.start, bin.start);
            EXPECT_LT(fragment.start, bin.end);
            EXPECT_GT(fragment.end, fragment.start);
            EXPECT_LE(fragment.end, sample.landscape.chromosomes.length(bin.chrom));
            EXPECT_GE(fragment.reads, 1U);
            if (i > 0) {
                const auto& last = expected[b][i - 1];
                EXPECT_LT(std::tuple(last.start, last.end, last.barcode),
                          std::tuple(fragment.start, fragment.end, fragment.barcode));
            }
        }
    }
}

TEST(Fragments, AnotherSeedGivesOthers) {
    const Sample sample(small());
    auto model = sample.model();
    const SampleModel other{model.landscape, model.regulation, model.sample,
                            model.barcodes,  model.parameters, 6};
    EXPECT_NE(format_fragments(simulate_bin(model, 0), "c", sample.barcodes),
              format_fragments(simulate_bin(other, 0), "c", sample.barcodes));
}

// What quality control is going to look at, summed over all barcodes of a quality.
struct Totals {
    double fragments = 0, free = 0, mono = 0, mitochondrial = 0, cuts_in_peaks = 0, barcodes = 0, reads = 0;
};

std::map<std::string, Totals> totals_of(const Sample& sample) {
    std::map<std::string, Totals> totals;
    const auto group = [&](std::size_t barcode) {
        const auto& b = sample.barcodes[barcode];
        return std::string(quality_name(b.quality)) + (b.nucleosomal ? "_nucleosomal" : "");
    };
    for (std::size_t i = 0; i < sample.barcodes.size(); ++i) ++totals[group(i)].barcodes;
    const auto bins = sample.fragments(2);
    for (std::size_t b = 0; b < bins.size(); ++b) {
        const auto chrom = sample.landscape.bins[b].chrom;
        for (const auto& fragment : bins[b]) {
            auto& total = totals[group(fragment.barcode)];
            const auto length = fragment.end - fragment.start;
            ++total.fragments;
            total.reads += fragment.reads;
            total.free += length < 147;
            total.mono += length > 147 && length < 294;
            total.mitochondrial += chrom == sample.landscape.mitochondrion;
        }
        for (const auto& count : count_cuts(bins[b], chrom, sample.landscape.peaks))
            totals[group(count.barcode)].cuts_in_peaks += count.cuts;
    }
    return totals;
}

TEST(Fragments, QualitiesLookAsQualityControlExpects) {
    const auto totals = totals_of(Sample(small()));
    const auto& good = totals.at("good");
    const auto& background = totals.at("background");
    EXPECT_NEAR(good.fragments / good.barcodes, 1500, 400);
    EXPECT_NEAR(background.fragments / background.barcodes, 34, 8);
    EXPECT_NEAR(good.mono / good.free, 0.57, 0.15);
    EXPECT_GT(totals.at("low_quality_nucleosomal").mono / totals.at("low_quality_nucleosomal").free, 2.0);
    EXPECT_NEAR(good.mitochondrial / good.fragments, 0.03, 0.015);
    EXPECT_GT(good.cuts_in_peaks / (2 * good.fragments), 0.4);
    EXPECT_LT(totals.at("low_quality").cuts_in_peaks / (2 * totals.at("low_quality").fragments), 0.4);
    EXPECT_GT(totals.at("doublet").fragments / totals.at("doublet").barcodes,
              1.3 * good.fragments / good.barcodes);
    EXPECT_NEAR(good.reads / good.fragments, 1.8, 0.1);
}

TEST(Fragments, ACellOpensThePeaksOfItsType) {
    auto parameters = small();
    parameters.type_effect = parameters.lineage_effect = 2;
    const Sample sample(parameters);
    const std::size_t peaks = sample.landscape.peaks.size();
    const std::size_t types = sample.regulation.types();
    std::vector<double> seen(types * peaks, 0.0), expected(types * peaks, 0.0);
    const auto bins = sample.fragments(2);
    for (std::size_t b = 0; b < bins.size(); ++b)
        for (const auto& count : count_cuts(bins[b], sample.landscape.bins[b].chrom, sample.landscape.peaks))
            if (const auto& barcode = sample.barcodes[count.barcode]; barcode.quality == Quality::Good)
                seen[barcode.cells[0].type * peaks + count.peak] += count.cuts;
    // The commonest two types: where one is much more open than the other, it has more cuts.
    int agree = 0, asked = 0;
    for (std::size_t p = 0; p < peaks; ++p) {
        const double difference = static_cast<double>(sample.regulation.peak_effect[p]) -
                                  static_cast<double>(sample.regulation.peak_effect[peaks + p]);
        if (std::abs(difference) < 1.5) continue;
        ++asked;
        agree += (difference > 0) == (seen[p] > seen[peaks + p]);
    }
    EXPECT_GT(asked, 30);
    EXPECT_GT(agree, 0.9 * asked);
}

TEST(CountCuts, EqualsACountOfEveryFragmentAgainstEveryPeak) {
    const Sample sample(small());
    for (const std::size_t b : {std::size_t{0}, std::size_t{2}}) {
        const auto chrom = sample.landscape.bins[b].chrom;
        const auto fragments = simulate_bin(sample.model(), b);
        std::map<std::pair<std::uint32_t, std::uint32_t>, int> slow;
        for (const auto& fragment : fragments)
            for (std::uint32_t p = 0; p < sample.landscape.peaks.size(); ++p) {
                const auto& peak = sample.landscape.peaks.intervals[p];
                for (const auto position : {fragment.start, fragment.end - 1})
                    if (peak.chrom == chrom && peak.start <= position && position < peak.end)
                        ++slow[{fragment.barcode, p}];
            }
        const auto fast = count_cuts(fragments, chrom, sample.landscape.peaks);
        ASSERT_EQ(fast.size(), slow.size());
        for (const auto& count : fast) EXPECT_EQ(count.cuts, (slow[{count.barcode, count.peak}]));
    }
}

TEST(Regulation, LinksJoinNearPeaksToTheirGeneWithSharesThatSumToOne) {
    const Sample sample(small());
    std::map<std::int32_t, double> sum;
    for (const auto& link : sample.regulation.links) {
        const auto& peak = sample.landscape.peaks.intervals[static_cast<std::size_t>(link.peak)];
        const auto& gene = sample.landscape.genes.genes[static_cast<std::size_t>(link.gene)];
        EXPECT_LE(std::abs((peak.start + peak.end) / 2 - gene.tss()), 150'000);
        sum[link.gene] += std::abs(static_cast<double>(link.weight));
    }
    EXPECT_GT(sum.size(), 100U);
    for (const auto& [gene, total] : sum) EXPECT_NEAR(total, 1, 1e-5);
}

TEST(Regulation, GeneChangesFollowTheirLinkedPeaks) {
    auto parameters = small();
    parameters.gene_residual = 0;
    const Sample sample(parameters);
    const std::size_t peaks = sample.landscape.peaks.size(), genes = sample.landscape.genes.size();
    std::vector<double> expected(sample.regulation.types() * genes, 0.0);
    for (const auto& link : sample.regulation.links)
        for (std::size_t t = 0; t < sample.regulation.types(); ++t)
            expected[t * genes + static_cast<std::size_t>(link.gene)] +=
                parameters.gene_gain * static_cast<double>(link.weight) *
                static_cast<double>(
                    sample.regulation.peak_effect[t * peaks + static_cast<std::size_t>(link.peak)]);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(static_cast<double>(sample.regulation.gene_effect[i]), expected[i], 1e-4);
}

TEST(Regulation, PeakWeightsOfATypeSumToOneAndBatchesDiffer) {
    const Sample sample(small());
    const std::size_t peaks = sample.landscape.peaks.size();
    for (std::size_t t = 0; t < sample.regulation.types(); ++t) {
        double sum = 0;
        for (std::size_t p = 0; p < peaks; ++p)
            sum += static_cast<double>(sample.sample.peak_weight[t * peaks + p]);
        EXPECT_NEAR(sum, 1, 1e-3);
    }
    const auto other = regulate_sample(sample.landscape, sample.regulation, sample.parameters, 0, 1);
    EXPECT_EQ(other.abundance, sample.sample.abundance);  // the same donor
    EXPECT_NE(other.depth_factor, sample.sample.depth_factor);
    std::size_t changed = 0;
    for (std::size_t p = 0; p < peaks; ++p)
        changed += std::abs(std::log(other.peak_weight[p] / sample.sample.peak_weight[p])) > 0.1F;
    EXPECT_GT(changed, peaks / 10);
}

TEST(Expression, HasTheDepthAskedForAndIsDrivenByTheType) {
    const Sample sample(small());
    double molecules = 0, cells = 0;
    std::vector<std::vector<double>> mean(sample.regulation.types(), std::vector<double>(120, 0.0));
    for (const auto& barcode : sample.barcodes) {
        const auto counts = draw_expression(barcode, sample.regulation, sample.sample, sample.parameters, 3);
        ASSERT_EQ(counts.size(), 120U);
        if (barcode.quality != Quality::Good) continue;
        ++cells;
        for (std::size_t g = 0; g < counts.size(); ++g) {
            molecules += counts[g];
            mean[barcode.cells[0].type][g] += counts[g];
        }
    }
    EXPECT_NEAR(molecules / cells / sample.sample.depth_factor, sample.parameters.rna_depth, 500);
    int agree = 0, asked = 0;
    for (std::size_t g = 0; g < 120; ++g) {
        const double difference =
            static_cast<double>(sample.sample.gene_log[g] - sample.sample.gene_log[120 + g]);
        if (std::abs(difference) < 1 || mean[0][g] + mean[1][g] < 50) continue;
        ++asked;
        agree += (difference > 0) ==
                 (mean[0][g] * sample.sample.abundance[1] > mean[1][g] * sample.sample.abundance[0]);
    }
    EXPECT_GT(asked, 10);
    EXPECT_GT(agree, 0.85 * asked);
}

TEST(Reference, RanksATypesOwnGenesHigh) {
    const Sample sample(small());
    const auto profiles = reference_profiles(sample.regulation, sample.parameters);
    ASSERT_EQ(profiles.size(), 6U * 120U);
    for (std::size_t t = 0; t < 6; ++t) {
        double sum = 0;
        for (std::size_t g = 0; g < 120; ++g) sum += std::expm1(profiles[t * 120 + g]);
        EXPECT_NEAR(sum, 1e4, 5);
    }
    EXPECT_EQ(sample.regulation.cell_types, (std::vector<std::string>{"A1", "B1", "C1", "A2", "B2", "C2"}));
}

}  // namespace
}  // namespace epi
