#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "rna/loess.hpp"
#include "rna/normalise.hpp"
#include "rna/pca.hpp"
#include "rna/variable_genes.hpp"

namespace epi {
namespace {

// Two cells, three genes: {1, 0, 3} and nothing.
DoubleMatrix small_counts() {
    DoubleMatrix counts;
    counts.cols = 3;
    counts.add_row(std::vector<std::int32_t>{0, 2}, std::vector<double>{1, 3});
    counts.add_row({}, {});
    return counts;
}

TEST(LogNormalise, DividesByTheCellTotalAndLeavesEmptyCellsEmpty) {
    const auto lognorm = log_normalise(small_counts());
    EXPECT_EQ(lognorm.values, (std::vector<double>{std::log1p(2500), std::log1p(7500)}));
    EXPECT_EQ(lognorm.rows, 2);
}

TEST(Loess, ReproducesAQuadratic) {
    std::vector<double> x, y;
    for (int i = 0; i < 300; ++i) {
        x.push_back(i * 0.01);
        y.push_back(2 - x.back() + 0.5 * x.back() * x.back());
    }
    const Loess loess(x, y, 0.3);
    EXPECT_GT(loess.cells().size(), 10u);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(loess(x[i]), y[i], 1e-10);
}

TEST(Loess, WorksOnVeryFewAndOnEqualPoints) {
    EXPECT_NEAR(Loess(std::vector<double>{1}, std::vector<double>{5}, 0.3)(1), 5, 1e-12);
    const std::vector<double> same(8, 2.0), y{1, 1, 1, 1, 1, 1, 1, 1};
    EXPECT_NEAR(Loess(same, y, 0.3)(2), 1, 1e-9);
}

TEST(VariableGenes, FindTheGeneThatVariesMoreThanOthersOfItsMean) {
    DoubleMatrix counts;
    counts.cols = 60;
    Rng rng(1);
    for (int cell = 0; cell < 200; ++cell) {
        std::vector<std::int32_t> genes;
        std::vector<double> values;
        for (int gene = 0; gene < 59; ++gene) {
            const double mean = gene == 7 ? (cell < 100 ? 0.2 : 5.8) : 1.0 + gene * 0.1;
            if (const auto count = rng.poisson(mean); count > 0) {
                genes.push_back(gene);
                values.push_back(static_cast<double>(count));
            }
        }
        counts.add_row(genes, values);
    }
    const auto variability = gene_variability(counts);
    const auto genes = variable_genes(variability, 10);
    ASSERT_EQ(genes.size(), 10u);
    EXPECT_EQ(genes[0], 7);
    EXPECT_EQ(variability.standardised[59], 0);  // never seen
    EXPECT_EQ(variable_genes(variability, 100).size(), 59u);
}

TEST(ScaleGenes, CutsAboveTenOnlyAndZeroesConstantGenes) {
    DoubleMatrix lognorm;
    lognorm.cols = 2;
    for (int cell = 0; cell < 200; ++cell)
        lognorm.add_row(std::vector<std::int32_t>{0, 1}, std::vector<double>{1, cell == 0 ? 50.0 : 0.0});
    const auto scaled = scale_genes(lognorm, std::vector<std::int32_t>{1, 0});
    EXPECT_EQ(scaled(0, 0), 10);
    EXPECT_LT(scaled(1, 0), 0);
    EXPECT_EQ(scaled(0, 1), 0);
}

TEST(PrincipalComponents, AreCutToTheMatrix) {
    DenseMatrix scaled(5, 3);
    for (std::size_t i = 0; i < scaled.values.size(); ++i)
        scaled.values[i] = std::sin(static_cast<double>(i));
    const auto pca = principal_components(scaled, 50, 0, 1);
    EXPECT_EQ(pca.embedding.cols, 2u);
    EXPECT_EQ(pca.loadings.rows, 3u);
}

}  // namespace
}  // namespace epi
