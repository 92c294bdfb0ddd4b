// Every step of labelling against what Signac 1.8.0 and Seurat 4.3.0 computed from the same counts. R finds
// neighbours approximately, so the steps after that are given R's lists.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "label/graph.hpp"
#include "label/louvain.hpp"
#include "label/lsi.hpp"
#include "label/typing.hpp"
#include "label/wnn.hpp"
#include "metrics/clustering.hpp"
#include "rna/normalise.hpp"
#include "support/golden.hpp"
#include "support/optional_data.hpp"

namespace epi {
namespace {

const std::filesystem::path kGolden = "golden/seurat/rna_atac";

std::filesystem::path golden(const std::string& name) {
    return test::optional_data(kGolden / name);
}
DenseMatrix golden_numbers(const std::string& name) {
    return test::numbers_of(read_table(golden(name)));
}
DoubleMatrix peak_counts() {
    return test::read_mtx_transposed(golden("atac_counts.mtx.gz"));
}

Neighbours golden_neighbours(const std::string& index, const std::string& distance) {
    const auto numbers = golden_numbers(index);
    Neighbours result;
    result.k = numbers.cols;
    for (const double number : numbers.values) result.index.push_back(static_cast<std::int32_t>(number) - 1);
    result.distance.resize(result.index.size());
    if (!distance.empty()) result.distance = golden_numbers(distance).values;
    return result;
}

WnnModality golden_modality(const std::string& name) {
    WnnModality result;
    result.points = name == "pca" ? unit_rows(golden_numbers("rna_pca_embeddings.csv.gz"), 0, 30)
                                  : unit_rows(golden_numbers("atac_lsi_embeddings.csv.gz"), 1, 30);
    result.near =
        golden_neighbours("wnn_" + name + "_nn20_idx_1based.csv.gz", "wnn_" + name + "_nn20_dist.csv.gz");
    result.wide = golden_neighbours("wnn_" + name + "_nn200_idx_1based.csv.gz", "");
    return result;
}

Clustering golden_clusters(const std::string& column) {
    Clustering result;
    for (const double value : test::doubles(read_table(golden("clusters.csv.gz")), column))
        result.cluster.push_back(static_cast<std::int32_t>(value));
    return result;
}

// Both graphs with their columns ascending.
void expect_same_graph(const DoubleMatrix& ours, const DoubleMatrix& theirs, double tolerance) {
    EXPECT_EQ(ours.indptr, theirs.indptr);
    ASSERT_EQ(ours.indices, theirs.indices);
    for (std::size_t i = 0; i < ours.values.size(); ++i)
        ASSERT_NEAR(ours.values[i], theirs.values[i], tolerance);
}

TEST(SignacLsi, FindTopFeatures) {
    EPI_NEEDS_DATA(kGolden);
    const auto totals = peak_totals(peak_counts());
    const auto names = test::read_lines(golden("peaks.txt"));
    const auto table = read_table(golden("atac_findtopfeatures_default.csv.gz"));
    const auto peaks = table.values("peak");
    const auto counts = test::doubles(table, "count"), percentiles = test::doubles(table, "percentile");
    ASSERT_EQ(peaks.size(), totals.order.size());
    for (std::size_t i = 0; i < peaks.size(); ++i) {
        const auto peak = static_cast<std::size_t>(totals.order[i]);
        EXPECT_EQ(names[peak], peaks[i]);
        EXPECT_EQ(totals.total[peak], counts[i]);
        EXPECT_DOUBLE_EQ(totals.percentile[peak], percentiles[i]);
    }
    EXPECT_EQ(top_peaks(totals, 0, 0.05).size(),
              test::read_lines(golden("atac_topfeatures_q5_in_order.txt")).size());
}

TEST(SignacLsi, TfIdf) {
    EPI_NEEDS_DATA(kGolden);
    const auto counts = peak_counts();
    const auto weighted = tfidf(counts, inverse_frequency(counts));
    const auto expected = test::read_mtx_transposed(golden("atac_tfidf_first40cells.mtx.gz"));
    for (std::int64_t cell = 0; cell < expected.rows; ++cell) {
        ASSERT_TRUE(std::ranges::equal(weighted.row_indices(cell), expected.row_indices(cell)));
        for (std::size_t i = 0; i < expected.row_values(cell).size(); ++i)
            EXPECT_NEAR(weighted.row_values(cell)[i], expected.row_values(cell)[i], 1e-14);
    }
    const auto sums = row_sums(transpose(weighted));
    const auto golden_sums = test::doubles(read_table(golden("atac_tfidf_rowsums.csv.gz")), "rowsum");
    for (std::size_t peak = 0; peak < sums.size(); ++peak) EXPECT_NEAR(sums[peak], golden_sums[peak], 1e-10);
}

TEST(SignacLsi, RunSvd) {
    EPI_NEEDS_DATA(kGolden);
    const auto counts = peak_counts();
    const auto kept = top_peaks(peak_totals(counts), 0, 0.05);
    EXPECT_EQ(kept.size(), 4798u);
    const auto lsi =
        latent_semantic_indexing(select_columns(tfidf(counts, inverse_frequency(counts)), kept), 50, 0, 2);
    const auto theirs = golden_numbers("atac_lsi_embeddings.csv.gz");
    const auto d = test::doubles(read_table(golden("atac_lsi_stdev.csv.gz")), "d_exact");
    ASSERT_EQ(lsi.d.size(), 50u);
    for (std::size_t k = 0; k < 50; ++k) {
        EXPECT_NEAR(lsi.d[k] / d[k], 1, 1e-9);
        EXPECT_LT(test::column_difference(lsi.embedding, theirs, k), 1e-6);
    }
}

TEST(SeuratGraph, SnnOfOneModality) {
    EPI_NEEDS_DATA(kGolden);
    const auto lists = golden_neighbours("rna_nn20_annoy_idx_1based.csv.gz", "rna_nn20_annoy_dist.csv.gz");
    expect_same_graph(snn_graph(lists, 1.0 / 15, 2), test::read_mtx_transposed(golden("rna_snn.mtx.gz")),
                      1e-12);
}

TEST(SeuratWnn, QuantitiesNeighboursAndGraph) {
    EPI_NEEDS_DATA(kGolden);
    const auto wnn = weighted_neighbours({golden_modality("pca"), golden_modality("lsi")}, 2);
    const auto table = read_table(golden("wnn_cell_quantities.csv.gz"));
    const std::array<std::string, 2> names{"pca", "lsi"};
    const auto expect = [&](const std::vector<double>& ours, const std::string& column, double tolerance) {
        const auto theirs = test::doubles(table, column);
        for (std::size_t cell = 0; cell < ours.size(); ++cell)
            EXPECT_NEAR(ours[cell], theirs[cell], tolerance) << column;
    };
    for (std::size_t r = 0; r < 2; ++r) {
        const auto& q = wnn.quantities[r];
        expect(q.nearest, "nearest_" + names[r], 1e-12);
        expect(q.sigma, "sigma_" + names[r], 1e-12);
        expect(q.within_dist, "within_dist_" + names[r], 1e-12);
        expect(q.cross_dist, "cross_dist_" + names[r], 1e-12);
        expect(q.score, "score_" + names[r], 1e-10);
        expect(q.weight, "weight_" + names[r], 1e-12);
    }
    EXPECT_EQ(wnn.neighbours.index, golden_neighbours("wnn_weighted_nn_idx_1based.csv.gz", "").index);
    const auto distances = golden_numbers("wnn_weighted_nn_dist.csv.gz").values;
    for (std::size_t i = 0; i < distances.size(); ++i)
        EXPECT_NEAR(wnn.neighbours.distance[i], distances[i], 1e-12);
    expect_same_graph(wnn.graph, test::read_mtx_transposed(golden("wnn_wsnn.mtx.gz")), 1e-12);
}

TEST(SeuratClusters, LouvainOnSeuratsGraphs) {
    EPI_NEEDS_DATA(kGolden);
    const auto rna = test::read_mtx_transposed(golden("rna_snn.mtx.gz")),
               wnn = test::read_mtx_transposed(golden("wnn_wsnn.mtx.gz"));
    const auto at = [](double resolution) {
        LouvainOptions options;
        options.resolution = resolution;
        return options;
    };
    EXPECT_EQ(louvain(rna, at(0.8)).cluster, golden_clusters("rna_r0.8_a1").cluster);
    EXPECT_EQ(louvain(rna, at(1)).cluster, golden_clusters("rna_r1_a1").cluster);
    EXPECT_EQ(louvain(rna, at(4)).cluster, golden_clusters("rna_r4_a1").cluster);
    EXPECT_EQ(louvain(rna, {1, 1, 1, 7, true}).cluster,
              golden_clusters("rna_r1_a1_seed7_start1_iter1").cluster);
    const auto one = louvain(wnn, at(1));
    EXPECT_EQ(one.cluster, golden_clusters("wsnn_r1_a1").cluster);
    EXPECT_NEAR(one.modularity, 0.8214, 5e-5);
    EXPECT_EQ(louvain(wnn, at(0.5)).cluster, golden_clusters("wsnn_r0.5_a1").cluster);
    EXPECT_EQ(louvain(wnn, at(20)).cluster, golden_clusters("wsnn_r20_a1").cluster);
}

TEST(SeuratClusters, EndToEndWithExactNeighbours) {
    EPI_NEEDS_DATA(kGolden);
    const std::array<WnnModality, 2> modalities{wnn_modality(golden_modality("pca").points, 2),
                                                wnn_modality(golden_modality("lsi").points, 2)};
    const auto wnn = weighted_neighbours(modalities, 2);
    auto weight = test::doubles(read_table(golden("wnn_cell_quantities.csv.gz")), "weight_pca");
    for (std::size_t cell = 0; cell < weight.size(); ++cell)
        weight[cell] = std::abs(weight[cell] - wnn.quantities[0].weight[cell]);
    std::sort(weight.begin(), weight.end());
    EXPECT_LE(weight[weight.size() / 2], 5e-3);
    EXPECT_LE(weight.back(), 0.1);
    const auto ours = louvain(wnn.graph, {}).cluster, theirs = golden_clusters("wsnn_r1_a1").cluster;
    EXPECT_GE(adjusted_rand_index(ours, theirs), 0.95);
}

TEST(SeuratTyping, ClusterMeansAndSpearman) {
    EPI_NEEDS_DATA(kGolden);
    const auto lognorm = log_normalise(test::read_mtx_transposed(golden("rna_counts.mtx.gz")));
    const auto clusters = golden_clusters("wsnn_r1_a1").cluster;
    const auto means = group_means(lognorm, clusters, 6);
    const auto expected = golden_numbers("cluster_average_expression_expm1_mean.csv.gz");
    for (std::size_t gene = 0; gene < expected.rows; ++gene)
        for (std::size_t cluster = 0; cluster < 6; ++cluster)
            EXPECT_NEAR(means(cluster, gene), expected(gene, cluster), 1e-10);

    const auto table = read_table(golden("typing_reference_profiles.csv.gz"));
    TypeReference reference{{table.columns.begin() + 1, table.columns.end()}, table.values("gene"), {}};
    const auto profiles = test::numbers_of(table);
    reference.profiles = DenseMatrix(profiles.cols, profiles.rows);
    for (std::size_t gene = 0; gene < profiles.rows; ++gene)
        for (std::size_t type = 0; type < profiles.cols; ++type)
            reference.profiles(type, gene) = profiles(gene, type);
    const auto genes = test::read_lines(golden("genes.txt"));
    for (const auto& [most, file] : {std::pair{100000, "typing_spearman_all_shared_genes.csv.gz"},
                                     std::pair{1000, "typing_spearman_top1000_ref_variance.csv.gz"}}) {
        const auto typing = name_groups(means, genes, reference, static_cast<std::size_t>(most));
        const auto theirs = golden_numbers(file);
        for (std::size_t i = 0; i < theirs.values.size(); ++i)
            EXPECT_NEAR(typing.correlation.values[i], theirs.values[i], 1e-12);
    }
}

}  // namespace
}  // namespace epi
