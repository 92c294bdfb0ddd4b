#include "embed/doublets.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "embed/apply.hpp"

namespace epi {
namespace {

constexpr int kPeakCount = 200;

Network untrained_network() {
    ModelConfig config;
    config.embed_dim = 32;
    config.layers = 1;
    config.heads = 2;
    config.ffn_dim = 32;
    config.query_dim = 8;
    config.pooling = Pooling::Mean;
    config.chromosome_embedding = false;
    config.batch_labels = false;
    config.peaks = kPeakCount + kSpecials;
    config.genes = 1 + kSpecials;
    config.chromosomes = 1 + kSpecials;
    return Network(config, 2);
}

// Cells of two types with their own half of the peaks; the last `doublets` cells have peaks of both.
OpenPeaks two_types(int cells, int doublets) {
    Rng rng(4);
    OpenPeaks open;
    open.cols = kPeakCount;
    for (int cell = 0; cell < cells; ++cell) {
        std::vector<std::int32_t> peaks;
        const bool both = cell >= cells - doublets;
        for (std::int32_t peak = 0; peak < kPeakCount; ++peak)
            if ((both || (peak < kPeakCount / 2) == (cell % 2 == 0)) && rng.chance(0.4))
                peaks.push_back(peak);
        open.add_row(peaks, std::vector<std::uint8_t>(peaks.size(), 1));
    }
    return open;
}

// What a model would say of them: each cell the type of its first peak.
std::vector<int> types_of(const OpenPeaks& open) {
    std::vector<int> types;
    for (std::int64_t cell = 0; cell < open.rows; ++cell)
        types.push_back(open.row_indices(cell).front() < kPeakCount / 2 ? 0 : 1);
    return types;
}

TEST(DoubletScores, CellsWithThePeaksOfTwoTypesScoreHigher) {
    const auto network = untrained_network();
    const auto open = two_types(120, 6);
    RunContext context;
    context.threads = 2;
    const auto z = embed_cells(network, open, std::vector<std::string>(120, "cell"), context);
    const auto types = types_of(open);
    const auto scores = doublet_scores(network, open, z, types, context);
    for (std::size_t cell = 114; cell < 120; ++cell) EXPECT_GT(scores[cell], 0.7) << cell;
    double mean = 0;
    for (std::size_t cell = 0; cell < 114; ++cell) mean += scores[cell] / 114;
    EXPECT_LT(mean, 0.7);
    context.threads = 1;
    EXPECT_EQ(doublet_scores(network, open, z, types, context), scores);
}

TEST(DoubletScores, AreZeroForAHandfulOfCellsAndForOneType) {
    const auto network = untrained_network();
    const auto few = two_types(10, 1);
    const auto few_z = embed_cells(network, few, std::vector<std::string>(10, "cell"), {});
    EXPECT_EQ(doublet_scores(network, few, few_z, types_of(few), {}), std::vector<double>(10, 0.0));
    const auto open = two_types(60, 1);
    const auto z = embed_cells(network, open, std::vector<std::string>(60, "cell"), {});
    EXPECT_EQ(doublet_scores(network, open, z, std::vector<int>(60, 1), {}), std::vector<double>(60, 0.0));
}

}  // namespace
}  // namespace epi
