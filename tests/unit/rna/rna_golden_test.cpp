// Every RNA step against what Seurat 4.3.0 computed from the same counts.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "rna/loess.hpp"
#include "rna/normalise.hpp"
#include "rna/pca.hpp"
#include "rna/variable_genes.hpp"
#include "support/golden.hpp"
#include "support/optional_data.hpp"

namespace epi {
namespace {

const std::filesystem::path kGolden = "golden/seurat/rna_atac";

std::filesystem::path golden(const char* name) {
    return test::optional_data(kGolden / name);
}

DoubleMatrix counts() {
    return test::read_mtx_transposed(golden("rna_counts.mtx.gz"));
}

std::vector<std::int32_t> golden_variable_genes() {
    const auto names = test::read_lines(golden("genes.txt"));
    std::map<std::string, std::int32_t> number;
    for (std::size_t i = 0; i < names.size(); ++i) number[names[i]] = static_cast<std::int32_t>(i);
    std::vector<std::int32_t> genes;
    for (const auto& name : test::read_lines(golden("rna_variable_2000_in_order.txt")))
        genes.push_back(number.at(name));
    return genes;
}

void expect_relative(double actual, double expected, double tolerance) {
    EXPECT_LE(std::abs(actual - expected), tolerance * std::abs(expected)) << actual << " " << expected;
}

TEST(SeuratRna, LogNormalise) {
    EPI_NEEDS_DATA(kGolden);
    const auto lognorm = log_normalise(counts());
    const auto expected = test::read_mtx_transposed(golden("rna_lognorm_first40cells.mtx.gz"));
    for (std::int64_t cell = 0; cell < expected.rows; ++cell) {
        ASSERT_TRUE(std::ranges::equal(lognorm.row_indices(cell), expected.row_indices(cell)));
        for (std::size_t i = 0; i < expected.row_values(cell).size(); ++i)
            EXPECT_NEAR(lognorm.row_values(cell)[i], expected.row_values(cell)[i], 1e-14);
    }
    const auto sums = row_sums(transpose(lognorm));
    const auto golden_sums = test::doubles(read_table(golden("rna_lognorm_rowsums.csv.gz")), "rowsum");
    for (std::size_t gene = 0; gene < sums.size(); ++gene) EXPECT_NEAR(sums[gene], golden_sums[gene], 1e-10);
}

TEST(SeuratRna, LoessTreeAndVertices) {
    EPI_NEEDS_DATA(kGolden);
    const auto variability = gene_variability(counts());
    std::vector<double> x, y;
    for (std::size_t gene = 0; gene < variability.mean.size(); ++gene)
        if (variability.variance[gene] > 0) {
            x.push_back(std::log10(variability.mean[gene]));
            y.push_back(std::log10(variability.variance[gene]));
        }
    const Loess loess(x, y, 0.3);
    const auto cells = read_table(golden("loess_kd_cells.csv.gz"));
    ASSERT_EQ(loess.cells().size(), cells.rows.size());
    const auto cuts = test::doubles(cells, "xi"), axes = test::doubles(cells, "a");
    for (std::size_t i = 0; i < axes.size(); ++i) {
        EXPECT_EQ(loess.cells()[i].left >= 0, axes[i] == 1);
        if (axes[i] == 1) {
            EXPECT_NEAR(loess.cells()[i].cut, cuts[i], 1e-15);
        }
    }
    const auto vertices = read_table(golden("loess_kd_vertex_values.csv.gz"));
    ASSERT_EQ(loess.vertices().size(), vertices.rows.size());
    const auto values = test::doubles(vertices, "value"), slopes = test::doubles(vertices, "slope");
    for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_NEAR(loess.vertices()[i].value, values[i], 1e-12);
        EXPECT_NEAR(loess.vertices()[i].slope, slopes[i], 1e-11);
    }
    const auto box = test::read_lines(golden("loess_kd_bbox.txt"));
    EXPECT_DOUBLE_EQ(loess.vertices()[0].x, test::to_double(box[0]));
    EXPECT_DOUBLE_EQ(loess.vertices()[1].x, test::to_double(box[1]));
}

TEST(SeuratRna, VariableGenes) {
    EPI_NEEDS_DATA(kGolden);
    const auto table = read_table(golden("rna_vst_all_genes.csv.gz"));
    const auto variability = gene_variability(counts());
    const auto mean = test::doubles(table, "vst.mean"), variance = test::doubles(table, "vst.variance"),
               expected = test::doubles(table, "vst.variance.expected"),
               standardised = test::doubles(table, "vst.variance.standardized");
    for (std::size_t gene = 0; gene < mean.size(); ++gene) {
        expect_relative(variability.mean[gene], mean[gene], 1e-15);
        expect_relative(variability.variance[gene], variance[gene], 1e-15);
        expect_relative(variability.expected[gene], expected[gene], 1e-11);
        expect_relative(variability.standardised[gene], standardised[gene], 1e-11);
    }
    const auto ours = variable_genes(variability, 2000), theirs = golden_variable_genes();
    EXPECT_EQ(std::set(ours.begin(), ours.end()), std::set(theirs.begin(), theirs.end()));
    for (std::size_t i = 0; i < ours.size(); ++i)  // order up to ties of the score
        expect_relative(variability.standardised[static_cast<std::size_t>(ours[i])],
                        variability.standardised[static_cast<std::size_t>(theirs[i])], 1e-12);
}

TEST(SeuratRna, ScaleData) {
    EPI_NEEDS_DATA(kGolden);
    const auto stats = read_table(golden("rna_scaled_row_stats.csv.gz"));
    const auto names = test::read_lines(golden("genes.txt"));
    std::vector<std::int32_t> genes;
    for (const auto& name : stats.values("gene"))
        genes.push_back(static_cast<std::int32_t>(std::ranges::find(names, name) - names.begin()));
    const auto scaled = scale_genes(log_normalise(counts()), genes);
    const auto corner = test::numbers_of(read_table(golden("rna_scaled_first60rows_first40cells.csv.gz")));
    for (std::size_t gene = 0; gene < corner.rows; ++gene)
        for (std::size_t cell = 0; cell < corner.cols; ++cell)
            EXPECT_NEAR(scaled(cell, gene), corner(gene, cell), 1e-12);
    const auto sums = test::doubles(stats, "rowsum"), squares = test::doubles(stats, "ss");
    for (std::size_t gene = 0; gene < genes.size(); ++gene) {
        double sum = 0, square = 0;
        for (std::size_t cell = 0; cell < scaled.rows; ++cell) {
            sum += scaled(cell, gene);
            square += scaled(cell, gene) * scaled(cell, gene);
        }
        EXPECT_NEAR(sum, sums[gene], 1e-9);
        EXPECT_NEAR(square, squares[gene], 1e-9);
    }
}

TEST(SeuratRna, PrincipalComponents) {
    EPI_NEEDS_DATA(kGolden);
    const auto pca =
        principal_components(scale_genes(log_normalise(counts()), golden_variable_genes()), 50, 0, 2);
    const auto theirs = test::numbers_of(read_table(golden("rna_pca_embeddings.csv.gz")));
    const auto stdev = test::doubles(read_table(golden("rna_pca_stdev.csv.gz")), "stdev_irlba");
    ASSERT_EQ(pca.stdev.size(), 50u);
    for (std::size_t k = 0; k < 50; ++k) {
        expect_relative(pca.stdev[k], stdev[k], 1e-4);
        // R's own last components are not converged.
        if (k >= 45) continue;
        EXPECT_LT(test::column_difference(pca.embedding, theirs, k), (k < 30 ? 1e-6 : 1e-4) * stdev[k]);
    }
    const auto loadings = test::numbers_of(read_table(golden("rna_pca_loadings_pc1_10.csv.gz")));
    for (std::size_t k = 0; k < 10; ++k) EXPECT_LT(test::column_difference(loadings, pca.loadings, k), 1e-8);
    EXPECT_NEAR(pca.total_variance,
                test::to_double(test::read_lines(golden("rna_pca_total_variance.txt"))[0]), 1e-8);
}

}  // namespace
}  // namespace epi
