#include "pipeline/evaluate_scores.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "io/table.hpp"
#include "support/optional_data.hpp"

namespace epi {
namespace {

using Labels = std::vector<std::string>;

TEST(ScoreCellLabels, ReportsCoverageAndBothAccuracies) {
    const Labels truth = {"B", "B", "T", "T"}, predicted = {"B", "unassigned", "T", ""};
    const auto scores = score_cell_labels(truth, predicted, "unassigned");
    EXPECT_EQ(scores.unassigned, 2) << "an empty prediction is no answer either";
    EXPECT_DOUBLE_EQ(scores.coverage, 0.5);
    EXPECT_DOUBLE_EQ(scores.all.accuracy, 0.5);
    EXPECT_DOUBLE_EQ(scores.assigned.accuracy, 1);
}

TEST(ScoreEmbedding, SeparatedTypesScoreOneAndMixedBatchesToo) {
    Rng rng(1);
    DenseMatrix points(90, 2);
    Labels labels, batches;
    for (std::size_t i = 0; i < points.rows; ++i) {
        points(i, 0) = 100.0 * static_cast<double>(i % 3) + rng.normal();
        points(i, 1) = rng.normal();
        labels.push_back("type" + std::to_string(i % 3));
        batches.push_back("batch" + std::to_string(i / 3 % 2));
    }
    const auto scores = score_embedding(points, labels, batches, {});
    EXPECT_DOUBLE_EQ(scores.nmi, 1);
    EXPECT_DOUBLE_EQ(scores.ari, 1);
    EXPECT_EQ(scores.clusters, 3);
    EXPECT_GT(scores.label_asw, 0.95);
    EXPECT_GT(scores.batch_asw, 0.75);
    EXPECT_EQ(scores.resolutions.size(), 10U);
    EXPECT_TRUE(std::isnan(score_embedding(points, labels, {}, {}).batch_asw));
}

// Louvain here, Leiden there: the best NMI must lie in the band that seeds make (dsA: 0.735 +- 0.004).
TEST(ScoreEmbedding, FindsTheGoldenClusters) {
    EPI_NEEDS_DATA("golden/metrics/dsA_embedding.csv");
    const auto table = read_table(test::optional_data("golden/metrics/dsA_embedding.csv"));
    const auto cells = read_table(test::optional_data("golden/metrics/dsA_obs.csv"));
    DenseMatrix points(table.rows.size(), table.columns.size());
    for (std::size_t r = 0; r < points.rows; ++r)
        for (std::size_t c = 0; c < points.cols; ++c) points(r, c) = *parse_number<double>(table.rows[r][c]);
    RunContext two;
    two.threads = 2;
    const auto labels = cells.values("label"), batches = cells.values("batch");
    const auto scores = score_embedding(points, labels, batches, {});
    EXPECT_NEAR(scores.nmi, 0.735, 0.02);
    EXPECT_NEAR(scores.label_asw, 0.5419330396918473, 1e-8);
    EXPECT_NEAR(scores.batch_asw, 0.917564652576105, 1e-8);
    EXPECT_EQ(scores.nmi_at, score_embedding(points, labels, batches, two).nmi_at);
}

TEST(ScoreExpression, ComparesGeneByGene) {
    // Gene 0: predicted well. Gene 1: nowhere expressed. Gene 2: the prediction says nothing.
    DoubleMatrix predicted, truth;
    predicted.cols = truth.cols = 3;
    const std::vector<std::int32_t> all = {0, 1, 2}, first = {0}, third = {2};
    predicted.add_row(all, std::vector<double>{0.9, 0.1, 0.5});
    predicted.add_row(all, std::vector<double>{0.8, 0.1, 0.5});
    predicted.add_row(all, std::vector<double>{0.2, 0.1, 0.5});
    truth.add_row(first, std::vector<double>{4});
    truth.add_row(first, std::vector<double>{2});
    truth.add_row(third, std::vector<double>{1});
    const auto scores = score_expression(predicted, truth, {"a", "b", "c"}, 2);
    EXPECT_DOUBLE_EQ(scores.gene_auroc[0], 1);
    EXPECT_TRUE(std::isnan(scores.gene_auroc[1]));
    EXPECT_DOUBLE_EQ(scores.gene_auroc[2], 0.5);
    EXPECT_DOUBLE_EQ(scores.auroc, 0.75);
    EXPECT_EQ(scores.auroc_genes, 2);
    EXPECT_EQ(scores.correlated_genes, 1);
    EXPECT_NEAR(scores.brier, (0.03 + 0.01 + 0.25) / 3, 1e-12);
    EXPECT_NEAR(scores.brier_of_share, (2.0 / 9 + 0 + 2.0 / 9) / 3, 1e-12);
    predicted.values[0] = 3;
    EXPECT_TRUE(std::isnan(score_expression(predicted, truth, {"a", "b", "c"}, 1).brier));
    EXPECT_THROW(score_expression(predicted, DoubleMatrix{}, {}, 1), InternalError);
}

}  // namespace
}  // namespace epi
