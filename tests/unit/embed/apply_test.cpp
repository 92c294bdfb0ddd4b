#include "embed/apply.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/random.hpp"

namespace epi {
namespace {

constexpr int kPeaks = 60, kGenes = 12;

Network tiny_network(int max_peaks = 40) {
    ModelConfig config;
    config.embed_dim = 16;
    config.layers = 2;
    config.heads = 2;
    config.ffn_dim = 24;
    config.query_dim = 8;
    config.max_peaks = max_peaks;
    config.peaks = kPeaks + kSpecials;
    config.genes = kGenes + kSpecials;
    config.chromosomes = 2 + kSpecials;
    config.cell_types = 3;
    config.batches = 2;
    config.value_head = true;
    Network network(config, 5);
    std::vector<std::int64_t> of_peaks(static_cast<std::size_t>(config.peaks), kSpecials);
    std::vector<std::int64_t> of_genes(static_cast<std::size_t>(config.genes), kSpecials + 1);
    network.set_chromosomes(of_peaks, of_genes);
    return network;
}

struct Cells {
    Csr<std::uint8_t> open;
    std::vector<std::string> names;
};

// Cells of 0, 1, 2, ... open peaks.
Cells some_cells(int n) {
    Cells cells;
    cells.open.cols = kPeaks;
    Rng rng(3);
    for (int i = 0; i < n; ++i) {
        std::vector<std::int32_t> all(kPeaks);
        std::iota(all.begin(), all.end(), 0);
        rng.shuffle(all);
        all.resize(static_cast<std::size_t>(std::min(i, kPeaks)));
        std::sort(all.begin(), all.end());
        cells.open.add_row(all, std::vector<std::uint8_t>(all.size(), 1));
        cells.names.push_back("cell" + std::to_string(i));
    }
    return cells;
}

RunContext context(int threads, std::uint64_t seed = 0) {
    RunContext result;
    result.threads = threads;
    result.seed = seed;
    return result;
}

TEST(LimitPeaks, ShortCellsAreLeftAlone) {
    const std::vector<std::int32_t> open = {1, 5, 9};
    EXPECT_EQ(limit_peaks(open, 3, "AAA-1", 0), open);
}

TEST(LimitPeaks, DrawsWithTheSeedOfTheBarcode) {
    std::vector<std::int32_t> open(100);
    std::iota(open.begin(), open.end(), 0);
    const auto drawn = limit_peaks(open, 30, "AAA-1", 1);
    EXPECT_EQ(drawn.size(), 30U);
    EXPECT_TRUE(std::is_sorted(drawn.begin(), drawn.end()));
    EXPECT_EQ(std::adjacent_find(drawn.begin(), drawn.end()), drawn.end());
    EXPECT_EQ(limit_peaks(open, 30, "D4:AAA-1", 1), drawn) << "the same cell in an atlas";
    EXPECT_NE(limit_peaks(open, 30, "CCC-1", 1), drawn);
    EXPECT_NE(limit_peaks(open, 30, "AAA-1", 2), drawn);
}

TEST(LimitPeaks, EveryPeakIsEquallyLikely) {
    const std::vector<std::int32_t> open = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    std::vector<int> times(10);
    for (int i = 0; i < 5000; ++i)
        for (const auto peak : limit_peaks(open, 3, "cell" + std::to_string(i), 0))
            ++times[static_cast<std::size_t>(peak)];
    for (const auto n : times) EXPECT_NEAR(n, 1500, 5 * std::sqrt(5000 * 0.3 * 0.7));
}

TEST(EmbedCells, ACellDoesNotDependOnTheOthersNorOnThreads) {
    const auto network = tiny_network();
    const auto cells = some_cells(70);  // the last ones have more peaks than the model takes
    const auto all = embed_cells(network, cells.open, cells.names, context(1));
    EXPECT_EQ(embed_cells(network, cells.open, cells.names, context(4)).values, all.values);
    for (const std::int64_t cell : {0, 1, 37, 69}) {
        const std::vector<std::int64_t> row = {cell};
        const std::vector<std::string> name = {cells.names[static_cast<std::size_t>(cell)]};
        const auto alone = embed_cells(network, select_rows(cells.open, row), name, context(3));
        EXPECT_TRUE(std::ranges::equal(alone.values, all.row(static_cast<std::size_t>(cell)))) << cell;
    }
}

TEST(EmbedCells, TheSeedMattersOnlyWherePeaksAreDrawn) {
    const auto network = tiny_network();
    const auto cells = some_cells(60);
    const auto a = embed_cells(network, cells.open, cells.names, context(2, 1));
    const auto b = embed_cells(network, cells.open, cells.names, context(2, 2));
    EXPECT_TRUE(std::ranges::equal(a.row(39), b.row(39)));
    EXPECT_FALSE(std::ranges::equal(a.row(40), b.row(40)));
}

TEST(EmbedCells, StopsWhenAsked) {
    const std::atomic<int> stop{130};
    auto stopping = context(2);
    stopping.stop = &stop;
    const auto cells = some_cells(5);
    EXPECT_THROW(embed_cells(tiny_network(), cells.open, cells.names, stopping), Interrupted);
}

TEST(CellTypeProbabilities, AreTheSoftmaxOfLogitsOverTheTemperature) {
    const auto network = tiny_network();
    const auto cells = some_cells(10);
    const auto z = embed_cells(network, cells.open, cells.names, context(2));
    const auto probabilities = cell_type_probabilities(network, z, 2.5, context(2));
    const c10::InferenceMode no_gradients;
    for (std::size_t cell = 0; cell < 10; ++cell) {
        auto row = torch::from_blob(const_cast<float*>(z.row(cell).data()), {1, 16}, torch::kFloat32).clone();
        const auto logits = network.cell_type_logits(row);
        double sum = 0;
        for (int k = 0; k < 3; ++k) sum += std::exp(logits[0][k].item<double>() / 2.5);
        for (int k = 0; k < 3; ++k)
            EXPECT_NEAR(probabilities(cell, static_cast<std::size_t>(k)),
                        std::exp(logits[0][k].item<double>() / 2.5) / sum, 1e-9);
    }
}

TEST(ExpressedProbabilities, ThePriorMovesTheOdds) {
    const auto network = tiny_network();
    const auto cells = some_cells(6);
    const auto z = embed_cells(network, cells.open, cells.names, context(2));
    const auto plain = expressed_probabilities(network, z, {}, 0, context(2));
    const auto moved = expressed_probabilities(network, z, {}, 0.1, context(2));
    ASSERT_EQ(plain.cols, static_cast<std::size_t>(kGenes));
    for (std::size_t i = 0; i < plain.values.size(); ++i) {
        const double odds = plain.values[i] / (1 - plain.values[i]);
        EXPECT_NEAR(moved.values[i] / (1 - moved.values[i]), odds / 9, 1e-5 * odds);
    }
}

TEST(ExpressedProbabilities, DependOnTheBatch) {
    const auto network = tiny_network();
    const auto cells = some_cells(2);
    const auto z = embed_cells(network, cells.open, cells.names, context(1));
    const std::vector<std::int64_t> first = {0, 0}, second = {1, 1};
    EXPECT_NE(expressed_probabilities(network, z, first, 0, context(1)).values,
              expressed_probabilities(network, z, second, 0, context(1)).values);
    EXPECT_NE(expression_levels(network, z, first, context(1)).values,
              expression_levels(network, z, second, context(1)).values);
}

TEST(RegionEmbeddings, AreTheRowsOfThePeakTable) {
    const auto network = tiny_network();
    const auto regions = region_embeddings(network);
    ASSERT_EQ(regions.rows, static_cast<std::size_t>(kPeaks));
    EXPECT_EQ(regions(7, 3), network.parameter("atac_emb.embedding.weight")[kSpecials + 7][3].item<float>());
}

}  // namespace
}  // namespace epi
