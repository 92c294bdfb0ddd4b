#include "metrics/classification.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"
#include "core/not_a_number.hpp"
#include "metrics/ranks.hpp"

namespace epi {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// The columns of the confusion matrix: the classes sorted, then `no_answer`.
std::map<std::string_view, std::size_t> number_classes(std::span<const std::string> truth,
                                                       std::span<const std::string> predicted,
                                                       std::string_view no_answer) {
    std::map<std::string_view, std::size_t> number;
    for (const auto& label : truth) number[label] = 0;
    for (const auto& label : predicted)
        if (no_answer.empty() || label != no_answer) number[label] = 0;
    std::size_t next = 0;
    for (auto& [label, index] : number) index = next++;
    return number;
}

void fill_class_scores(Classification& result) {
    for (std::size_t c = 0; c < result.classes.size(); ++c) {
        auto& score = result.classes[c];
        for (const auto count : result.confusion[c]) score.support += count;
        for (const auto& row : result.confusion) score.predicted += row[c];
        const auto right = result.confusion[c][c];
        score.precision = ratio(right, score.predicted);
        score.recall = ratio(right, score.support);
        score.f1 = ratio(2 * right, score.support + score.predicted);
    }
}

}  // namespace

Classification score_labels(std::span<const std::string> truth, std::span<const std::string> predicted,
                            std::string_view no_answer) {
    check(truth.size() == predicted.size(), "score_labels: one prediction for each cell");
    Classification result;
    const auto number = number_classes(truth, predicted, no_answer);
    for (const auto& [label, index] : number) result.classes.push_back({std::string(label)});
    const auto columns = number.size() + (no_answer.empty() ? 0 : 1);
    result.confusion.assign(number.size(), std::vector<std::int64_t>(columns, 0));
    std::int64_t right = 0, answered = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const bool answer = no_answer.empty() || predicted[i] != no_answer;
        const auto column = answer ? number.at(predicted[i]) : number.size();
        ++result.confusion[number.at(truth[i])][column];
        answered += answer ? 1 : 0;
        right += truth[i] == predicted[i] && answer ? 1 : 0;
    }
    result.cells = static_cast<std::int64_t>(truth.size());
    fill_class_scores(result);
    if (truth.empty()) {
        result.accuracy = result.balanced_accuracy = result.macro_f1 = kNan;
        result.macro_f1_truth = result.weighted_f1 = result.micro_f1 = kNan;
        return result;
    }
    double in_truth = 0;
    for (const auto& score : result.classes) {
        result.macro_f1 += score.f1 / static_cast<double>(result.classes.size());
        result.weighted_f1 += score.f1 * ratio(score.support, result.cells);
        if (score.support == 0) continue;
        ++in_truth;
        result.balanced_accuracy += score.recall;
        result.macro_f1_truth += score.f1;
    }
    result.balanced_accuracy /= in_truth;
    result.macro_f1_truth /= in_truth;
    result.accuracy = ratio(right, result.cells);
    result.micro_f1 = ratio(2 * right, result.cells + answered);
    return result;
}

double roc_auc(std::span<const double> score, std::span<const std::uint8_t> positive) {
    check(score.size() == positive.size(), "roc_auc: one class for each score");
    double positives = 0, rank_sum = 0;
    const auto ranks = average_ranks(score);
    for (std::size_t i = 0; i < score.size(); ++i) {
        if (positive[i] == 0) continue;
        ++positives;
        rank_sum += ranks[i];
    }
    const double negatives = static_cast<double>(score.size()) - positives;
    if (positives == 0 || negatives == 0) return kNan;
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double macro_roc_auc(std::span<const double> scores, std::size_t classes,
                     std::span<const std::int32_t> truth) {
    check(scores.size() == truth.size() * classes, "macro_roc_auc: one score for each cell and class");
    double sum = 0, defined = 0;
    std::vector<double> column(truth.size());
    std::vector<std::uint8_t> positive(truth.size());
    for (std::size_t c = 0; c < classes; ++c) {
        for (std::size_t i = 0; i < truth.size(); ++i) {
            column[i] = scores[i * classes + c];
            positive[i] = truth[i] == static_cast<std::int32_t>(c) ? 1 : 0;
        }
        const double area = roc_auc(column, positive);
        if (std::isnan(area)) continue;
        sum += area;
        ++defined;
    }
    return defined > 0 ? sum / defined : kNan;
}

}  // namespace epi
