#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/random.hpp"
#include "label/graph.hpp"
#include "label/louvain.hpp"
#include "label/lsi.hpp"
#include "label/typing.hpp"
#include "label/wnn.hpp"

namespace epi {
namespace {

DoubleMatrix matrix_of(const std::vector<std::vector<double>>& rows) {
    DoubleMatrix result;
    result.cols = static_cast<std::int64_t>(rows[0].size());
    for (const auto& row : rows) {
        std::vector<std::int32_t> columns;
        std::vector<double> values;
        for (std::size_t i = 0; i < row.size(); ++i)
            if (row[i] != 0) columns.push_back(static_cast<std::int32_t>(i)), values.push_back(row[i]);
        result.add_row(columns, values);
    }
    return result;
}

// Cells in three groups in four dimensions, group = cell % 3, `noise` within.
DenseMatrix grouped_points(std::size_t cells, double noise, std::uint64_t seed) {
    DenseMatrix points(cells, 4);
    Rng rng(seed);
    for (std::size_t cell = 0; cell < cells; ++cell) {
        for (auto& value : points.row(cell)) value = noise * rng.normal();
        points(cell, cell % 3) += 1;
    }
    return points;
}

TEST(Tfidf, OfATinyMatrixWithAnEmptyPeakAndAnEmptyCell) {
    // Cells x peaks p1..p4; the numbers are those of Signac.
    const auto counts = matrix_of({{0, 2, 1, 5}, {0, 1, 0, 3}, {0, 0, 0, 0}});
    const auto weighted = tfidf(counts, inverse_frequency(counts));
    EXPECT_NEAR(weighted.row_values(0)[0], 7.8244459308776193, 1e-14);
    EXPECT_NEAR(weighted.row_values(1)[0], 7.8244459308776193, 1e-14);
    EXPECT_NEAR(weighted.row_values(0)[1], 8.2297777500818867, 1e-14);
    EXPECT_NEAR(weighted.row_values(0)[2], 7.7599340653890483, 1e-14);
    EXPECT_NEAR(weighted.row_values(1)[1], 7.9421845388733336, 1e-14);
    EXPECT_TRUE(weighted.row_values(2).empty());
}

TEST(TopPeaks, BothCutoffsAreStrict) {
    const auto totals = peak_totals(matrix_of({{5, 0, 6, 6}}));
    EXPECT_EQ(totals.order, (std::vector<std::int32_t>{2, 3, 0, 1}));
    EXPECT_EQ(totals.percentile, (std::vector<double>{0.5, 0.25, 1, 1}));
    EXPECT_EQ(top_peaks(totals, 5), (std::vector<std::int32_t>{2, 3}));
    EXPECT_EQ(top_peaks(totals, 0, 0.25), (std::vector<std::int32_t>{0, 2, 3}));
}

TEST(Lsi, ColumnsAreCentredWithUnitDeviation) {
    DoubleMatrix counts = matrix_of({{1, 0, 3, 2}, {0, 2, 1, 1}, {4, 1, 0, 2}, {1, 1, 1, 1}, {0, 3, 2, 0}});
    const auto lsi = latent_semantic_indexing(counts, 50, 0, 1);
    ASSERT_EQ(lsi.embedding.cols, 4u);
    for (std::size_t k = 0; k < 4; ++k) {
        double sum = 0, squares = 0;
        for (std::size_t row = 0; row < 5; ++row) {
            sum += lsi.embedding(row, k);
            squares += lsi.embedding(row, k) * lsi.embedding(row, k);
        }
        EXPECT_NEAR(sum, 0, 1e-10);
        EXPECT_NEAR(squares / 4, 1, 1e-10);
    }
}

TEST(SnnGraph, CountsSharedNeighbours) {
    Neighbours lists;
    lists.k = 2;
    lists.index = {0, 1, 1, 0, 2, 1};
    const auto graph = snn_graph(lists, 0, 1);
    EXPECT_EQ(graph.indices, (std::vector<std::int32_t>{0, 1, 2, 0, 1, 2, 0, 1, 2}));
    EXPECT_EQ(graph.values, (std::vector<double>{1, 1, 1.0 / 3, 1, 1, 1.0 / 3, 1.0 / 3, 1.0 / 3, 1}));
    EXPECT_EQ(snn_graph(lists, 0.5, 1).row_indices(2).size(), 1u);
}

TEST(Wnn, WeighsTheModalityThatTellsCellsApart) {
    auto clear = grouped_points(300, 0.05, 1), noise = grouped_points(300, 0, 2);
    Rng rng(3);
    for (auto& value : noise.values) value = rng.normal();
    const auto wnn = weighted_neighbours(
        {wnn_modality(unit_rows(clear, 0, 4), 1), wnn_modality(unit_rows(noise, 0, 4), 1)}, 1);
    double mean = 0;
    for (const double weight : wnn.quantities[0].weight) mean += weight / 300;
    EXPECT_GT(mean, 0.5);
    for (std::size_t cell = 0; cell < 300; ++cell)
        EXPECT_NEAR(wnn.quantities[0].weight[cell] + wnn.quantities[1].weight[cell], 1, 1e-12);
    const auto clusters = louvain(wnn.graph, {}).cluster;
    std::set<std::pair<std::int32_t, std::size_t>> pairs;
    for (std::size_t cell = 0; cell < 300; ++cell) pairs.emplace(clusters[cell], cell % 3);
    EXPECT_EQ(pairs.size(), std::set(clusters.begin(), clusters.end()).size());  // no cluster over two groups
}

TEST(Wnn, WorksOnAnyNumberOfCellsFromThree) {
    for (const std::size_t cells : {3, 4, 20, 21, 199, 200, 201}) {
        const auto points = unit_rows(grouped_points(cells, 0.2, 1), 0, 4),
                   other = unit_rows(grouped_points(cells, 0.3, 2), 0, 4);
        const auto wnn = weighted_neighbours({wnn_modality(points, 1), wnn_modality(other, 1)}, 1);
        EXPECT_EQ(wnn.neighbours.k, std::min<std::size_t>(20, cells - 1));
        EXPECT_EQ(louvain(wnn.graph, {}).cluster.size(), cells);
    }
}

TEST(Wnn, SurvivesCellsThatAreAllTheSame) {
    const DenseMatrix zeros(30, 2);
    const auto wnn =
        weighted_neighbours({wnn_modality(unit_rows(zeros, 0, 2), 1), wnn_modality(zeros, 1)}, 1);
    for (const double weight : wnn.quantities[0].weight) EXPECT_DOUBLE_EQ(weight, 0.5);
}

TEST(Wnn, IsTheSameAtAnyThreadCount) {
    const auto build = [](int threads) {
        return weighted_neighbours({wnn_modality(grouped_points(300, 0.2, 1), threads),
                                    wnn_modality(grouped_points(300, 0.3, 2), threads)},
                                   threads);
    };
    const auto one = build(1), three = build(3);
    EXPECT_EQ(one.neighbours.index, three.neighbours.index);
    EXPECT_EQ(one.neighbours.distance, three.neighbours.distance);
    EXPECT_EQ(one.graph.values, three.graph.values);
}

TEST(Louvain, SeparatesCliquesLargestFirst) {
    std::vector<std::vector<double>> graph(9, std::vector<double>(9, 0));
    for (std::size_t a = 0; a < 9; ++a)
        for (std::size_t b = 0; b < 9; ++b)
            graph[a][b] = a / 4 == b / 4 && a < 8 ? 1 : 0;  // {0-3}, {4-7}, {8}
    for (std::size_t b : {0, 1}) graph[8][b] = graph[b][8] = 0.01;
    for (std::size_t b : {4, 5, 6}) graph[8][b] = graph[b][8] = 0.4;
    const auto found = louvain(matrix_of(graph), {});
    EXPECT_EQ(found.clusters, 2);
    EXPECT_EQ(found.cluster, (std::vector<std::int32_t>{1, 1, 1, 1, 0, 0, 0, 0, 0}));
    EXPECT_GT(found.modularity, 0.3);
}

TEST(Louvain, MergesLonelyCellsIntoTheirNearestCluster) {
    const auto graph = matrix_of(
        {{1, 1, 0, 0, 0}, {1, 1, 0, 0, 0}, {0, 0, 1, 1, 1e-9}, {0, 0, 1, 1, 0}, {0, 0, 1e-9, 0, 1}});
    LouvainOptions options;
    options.resolution = 1e9;  // every cell alone, so nothing to merge into
    EXPECT_EQ(louvain(graph, options).clusters, 5);
    const auto apart = matrix_of({{1, 1, 0}, {1, 1, 0}, {0, 0, 1}});
    options.resolution = 1;
    EXPECT_EQ(louvain(apart, options).cluster, (std::vector<std::int32_t>{0, 0, 0}));
    options.merge_singletons = false;
    EXPECT_EQ(louvain(apart, options).cluster, (std::vector<std::int32_t>{0, 0, 1}));
}

TEST(Louvain, TakesGraphsWithoutEdges) {
    EXPECT_EQ(louvain(matrix_of({{1, 0}, {0, 1}}), {}).clusters, 2);
    EXPECT_EQ(louvain(DoubleMatrix{}, {}).clusters, 0);
}

TEST(NameGroups, MatchesGenesByNameAndKeepsTheRunnerUp) {
    DenseMatrix means(2, 4);
    means.values = {9, 0, 1, 5, 0, 0, 0, 0};
    TypeReference reference{{"B", "T"}, {"g4", "unknown", "g1", "g2"}, DenseMatrix(2, 4)};
    reference.profiles.values = {2, 7, 3, 1, /**/ 1, 0, 2, 3};
    const auto typing = name_groups(means, {"g1", "g2", "g3", "g4"}, reference);
    EXPECT_EQ(typing.shared_genes, 3u);
    EXPECT_EQ(typing.calls[0].type, "B");
    EXPECT_DOUBLE_EQ(typing.calls[0].score, 1);
    EXPECT_EQ(typing.calls[0].runner_up, "T");
    EXPECT_EQ(typing.calls[1].type, "");  // an empty group correlates with nothing
}

TEST(ReferenceGenes, AreThoseThatVaryMostTiesInOrder) {
    DenseMatrix profiles(2, 4);
    profiles.values = {0, 1, 5, 1, /**/ 1, 2, 1, 1};
    EXPECT_EQ(reference_genes(profiles, 3), (std::vector<std::size_t>{2, 0, 1}));
}

TEST(GroupMeans, AreOfCountsNotOfLogs) {
    const auto lognorm = matrix_of({{std::log1p(3.0)}, {std::log1p(5.0)}, {std::log1p(100.0)}});
    EXPECT_DOUBLE_EQ(group_means(lognorm, std::vector<std::int32_t>{0, 0, -1}, 1)(0, 0), 4);
}

}  // namespace
}  // namespace epi
