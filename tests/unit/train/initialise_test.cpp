#include "train/initialise.hpp"

#include <gtest/gtest.h>

#include "made_up_cells.hpp"

namespace epi {
namespace {

TEST(Initialise, TheMeanOfACellsPeaksIsItsLsi) {
    Network network(small_config(), 1);
    const MadeUpCells cells(60, 3);
    Csr<float> open;
    open.cols = 60;
    for (const auto& cell : cells.cells)
        open.add_row(cell.peaks, std::vector<float>(cell.peaks.size(), 1.0F));
    RunContext context;
    initialise_peaks_by_svd(network, open, 4, 1, context);
    const auto table = network.parameter("atac_emb.embedding.weight").detach();
    // Means of cells of one type are nearer to each other than to those of another type.
    std::vector<torch::Tensor> means;
    for (const auto& cell : cells.cells) {
        std::vector<std::int64_t> rows;
        for (const auto peak : cell.peaks) rows.push_back(peak + kSpecials);
        means.push_back(table.index_select(0, torch::tensor(rows)).mean(0).narrow(0, 1, 2));
    }
    int right = 0;
    for (std::size_t i = 0; i < means.size(); ++i) {
        std::size_t best = i == 0 ? 1 : 0;
        for (std::size_t j = 0; j < means.size(); ++j)
            if (j != i &&
                (means[i] - means[j]).norm().item<double>() < (means[i] - means[best]).norm().item<double>())
                best = j;
        right += static_cast<int>(i % 3 == best % 3);
    }
    EXPECT_GT(right, 54);
}

TEST(Initialise, GenesOfOneProgramStartNearEachOther) {
    Network network(small_config(), 1);
    const MadeUpCells cells(90, 3);
    Csr<float> expressed;
    expressed.cols = 30;
    for (const auto& cell : cells.cells)
        expressed.add_row(cell.genes, std::vector<float>(cell.genes.size(), 1.0F));
    RunContext context;
    initialise_genes_by_svd(network, expressed, 2, 1, context);
    // Channel 0 is how common a gene is; the next two place it among the programs.
    const auto place =
        network.parameter("rna_emb.embedding.weight").detach().narrow(0, kSpecials, 30).narrow(1, 1, 2);
    for (int gene = 0; gene < 30; ++gene) {
        double own = 0, others = 0;
        for (int other = 0; other < 30; ++other) {
            if (other == gene) continue;
            const double distance = (place[gene] - place[other]).norm().item<double>();
            (other % 3 == gene % 3 ? own : others) += distance / (other % 3 == gene % 3 ? 9 : 20);
        }
        EXPECT_LT(own, 0.7 * others) << "gene " << gene;
    }
}

}  // namespace
}  // namespace epi
