#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace epi {

// What one class got. Undefined ratios (0/0) are 0, as scikit-learn has it.
struct ClassScore {
    std::string name;
    std::int64_t support = 0;    // cells of this class in the truth
    std::int64_t predicted = 0;  // cells called this class
    double precision = 0, recall = 0, f1 = 0;
};

// How predicted labels agree with the truth; scikit-learn's conventions.
struct Classification {
    std::int64_t cells = 0;
    double accuracy = 0;
    double balanced_accuracy = 0;     // mean recall over the classes of the truth
    double macro_f1 = 0;              // mean over `classes`: the union of truth and predictions
    double macro_f1_truth = 0;        // mean over the classes of the truth only
    double weighted_f1 = 0;           // mean weighted by support
    double micro_f1 = 0;              // equals accuracy unless there are cells without an answer
    std::vector<ClassScore> classes;  // sorted by name
    // confusion[t][p]: cells of class t called p. With `no_answer`, one column more at the end for it.
    std::vector<std::vector<std::int64_t>> confusion;
};

// Scores `predicted` against `truth`, cell by cell. Predictions equal to `no_answer` (if that is not empty)
// are wrong but are no class: they lower recall and accuracy, and add nothing to the average over classes.
// No cells: every score is NaN.
Classification score_labels(std::span<const std::string> truth, std::span<const std::string> predicted,
                            std::string_view no_answer = {});

// Area under the ROC curve of a two-class score: the Mann-Whitney statistic with average ranks for ties.
// NaN if one class is absent.
double roc_auc(std::span<const double> score, std::span<const std::uint8_t> positive);

// One-against-rest AUC, averaged over the classes that occur in `truth` beside others. `scores` is (cells,
// classes) by rows; truth[i] is a column, or -1 for a cell whose class has none.
double macro_roc_auc(std::span<const double> scores, std::size_t classes,
                     std::span<const std::int32_t> truth);

}  // namespace epi
