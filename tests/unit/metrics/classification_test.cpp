#include "metrics/classification.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"

namespace epi {
namespace {

using Labels = std::vector<std::string>;

TEST(ScoreLabels, CountsAndAveragesAsScikitLearnDoes) {
    const Labels truth = {"B", "B", "T", "T", "T", "NK"}, predicted = {"B", "T", "T", "T", "B", "Mono"};
    const auto scores = score_labels(truth, predicted);
    ASSERT_EQ(scores.classes.size(), 4U);  // B Mono NK T: the union, sorted
    EXPECT_EQ(scores.classes[1].name, "Mono");
    EXPECT_DOUBLE_EQ(scores.accuracy, 0.5);
    EXPECT_DOUBLE_EQ(scores.balanced_accuracy, (0.5 + 0 + 2.0 / 3) / 3);
    EXPECT_DOUBLE_EQ(scores.macro_f1, (0.5 + 0 + 0 + 2.0 / 3) / 4);
    EXPECT_DOUBLE_EQ(scores.macro_f1_truth, (0.5 + 0 + 2.0 / 3) / 3);
    EXPECT_DOUBLE_EQ(scores.weighted_f1, (2 * 0.5 + 3 * 2.0 / 3) / 6);
    EXPECT_DOUBLE_EQ(scores.micro_f1, scores.accuracy);
    EXPECT_EQ(scores.confusion[3], (std::vector<std::int64_t>{1, 0, 0, 2}));
    EXPECT_DOUBLE_EQ(scores.classes[3].precision, 2.0 / 3);
}

TEST(ScoreLabels, CellsWithoutAnswerAreWrongButNoClass) {
    const Labels truth = {"B", "B", "T"}, predicted = {"B", "unassigned", "T"};
    const auto scores = score_labels(truth, predicted, "unassigned");
    ASSERT_EQ(scores.classes.size(), 2U);
    EXPECT_DOUBLE_EQ(scores.accuracy, 2.0 / 3);
    EXPECT_DOUBLE_EQ(scores.classes[0].recall, 0.5);
    EXPECT_DOUBLE_EQ(scores.classes[0].precision, 1);
    EXPECT_DOUBLE_EQ(scores.macro_f1, (2.0 / 3 + 1) / 2);
    EXPECT_EQ(scores.confusion[0], (std::vector<std::int64_t>{1, 0, 1}));
}

TEST(ScoreLabels, NoCellsHaveNoScore) {
    EXPECT_TRUE(std::isnan(score_labels({}, {}).accuracy));
    EXPECT_THROW(score_labels(Labels{"a"}, {}), InternalError);
}

TEST(RocAuc, CountsPairsInTheRightOrder) {
    const std::vector<double> score = {0.1, 0.4, 0.4, 0.8, 0.2};
    const std::vector<std::uint8_t> positive = {0, 0, 1, 1, 1};
    double pairs = 0;
    for (std::size_t i = 0; i < score.size(); ++i)
        for (std::size_t j = 0; j < score.size(); ++j)
            if (positive[i] == 1 && positive[j] == 0)
                pairs += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
    EXPECT_DOUBLE_EQ(roc_auc(score, positive), pairs / 6);
    EXPECT_TRUE(std::isnan(roc_auc(score, std::vector<std::uint8_t>(5, 1))));
    EXPECT_THROW(roc_auc(score, std::vector<std::uint8_t>(4, 1)), InternalError);
}

TEST(MacroRocAuc, LeavesOutClassesThatDoNotOccur) {
    const std::vector<double> scores = {0.8, 0.2, 0, 0.3, 0.7, 0, 0.6, 0.4, 0};
    EXPECT_DOUBLE_EQ(macro_roc_auc(scores, 3, std::vector<std::int32_t>{0, 1, 0}), 1.0);
}

}  // namespace
}  // namespace epi
