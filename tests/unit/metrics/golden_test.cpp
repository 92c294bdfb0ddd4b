// Against scikit-learn, scipy and scib (golden/metrics), at the tolerances stated there.
#include <gtest/gtest.h>

#include <cmath>

#include "core/text.hpp"
#include "io/provenance.hpp"
#include "io/table.hpp"
#include "metrics/classification.hpp"
#include "metrics/clustering.hpp"
#include "metrics/expression.hpp"
#include "metrics/silhouette.hpp"
#include "support/optional_data.hpp"

namespace epi {
namespace {

using test::optional_data;

class Golden : public ::testing::Test {
  protected:
    void SetUp() override {
        EPI_NEEDS_DATA("golden/metrics/expected.json");
        expected_ = read_json(optional_data("golden/metrics/expected.json"))["expected"];
    }
    static Table table(const std::string& name) { return read_table(optional_data("golden/metrics") / name); }
    static std::vector<double> numbers(const Table& table, std::string_view column) {
        std::vector<double> values;
        for (const auto& text : table.values(column)) values.push_back(*parse_number<double>(text));
        return values;
    }
    void compare(const std::string& group, const std::string& key, double value) const {
        const auto& leaf = expected_.at(group).at(key);
        const double wanted = leaf.at("value");
        const double tolerance =
            leaf.at("atol").get<double>() + leaf.at("rtol").get<double>() * std::fabs(wanted);
        EXPECT_NEAR(value, wanted, tolerance) << group << "/" << key;
    }

    nlohmann::ordered_json expected_;
};

TEST_F(Golden, Classification) {
    const auto cells = table("classif.csv");
    const auto truth = cells.values("y_true");
    const auto scores = score_labels(truth, cells.values("y_pred"));
    compare("classif", "accuracy", scores.accuracy);
    compare("classif", "balanced_accuracy", scores.balanced_accuracy);
    compare("classif", "f1_macro", scores.macro_f1);
    compare("classif", "f1_macro_truth_labels_only", scores.macro_f1_truth);
    compare("classif", "f1_weighted", scores.weighted_f1);
    compare("classif", "f1_micro", scores.micro_f1);
    for (const auto& score : scores.classes) {
        const auto& wanted = expected_["classif"]["per_class"]["value"][score.name];
        EXPECT_NEAR(score.precision, wanted["precision"], 1e-9);
        EXPECT_NEAR(score.recall, wanted["recall"], 1e-9);
        EXPECT_NEAR(score.f1, wanted["f1"], 1e-9);
        EXPECT_EQ(score.support, wanted["support"]);
    }
}

TEST_F(Golden, RocAuc) {
    const auto cells = table("classif.csv");
    const auto truth = cells.values("y_true");
    std::vector<std::vector<double>> columns;
    std::vector<std::string> names;
    for (const auto& column : cells.columns) {
        if (!column.starts_with("p_")) continue;
        columns.push_back(numbers(cells, column));
        names.push_back(column.substr(2));
    }
    std::vector<double> scores;
    std::vector<std::int32_t> codes;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        for (const auto& column : columns) scores.push_back(column[i]);
        const auto at = std::find(names.begin(), names.end(), truth[i]);
        codes.push_back(static_cast<std::int32_t>(at - names.begin()));
    }
    compare("classif", "auc_ovr_macro_present", macro_roc_auc(scores, names.size(), codes));
}

TEST_F(Golden, MutualInformationAndRandIndex) {
    for (const std::string set : {"dsA", "dsA_l2"}) {
        const auto labels = label_codes(table(set + "_obs.csv").values("label"));
        const auto clusters = table(set + "_leiden_memberships.csv");
        const auto& wanted = expected_[set]["NMI_per_resolution"]["value"];
        for (std::size_t r = 0; r < clusters.columns.size(); ++r) {
            const auto codes = label_codes(clusters.values(clusters.columns[r]));
            EXPECT_NEAR(normalized_mutual_information(labels, codes), wanted[r], 1e-10);
            if (std::fabs(wanted[r].get<double>() -
                          expected_[set]["NMI_max_given_memberships"]["value"].get<double>()) < 1e-12)
                compare(set, "ARI_at_best_NMI", adjusted_rand_index(labels, codes));
        }
    }
}

TEST_F(Golden, Silhouettes) {
    for (const std::string set : {"dsA", "dsA_l2"}) {
        const auto cells = table(set + "_obs.csv");
        const auto labels = label_codes(cells.values("label")), batches = label_codes(cells.values("batch"));
        const auto embedding = table(set + "_embedding.csv");
        std::vector<double> values;
        for (const auto& row : embedding.rows)
            for (const auto& field : row) values.push_back(*parse_number<double>(field));
        const PointsView points{values, embedding.columns.size()};
        compare(set, "cASW", label_asw(points, labels, 2));
        compare(set, "bASW", batch_asw(points, labels, batches, 2));
        const auto wanted = numbers(table(set + "_silhouette_label.csv"), "sil");
        const auto widths = silhouette_widths(points, labels, 2);
        ASSERT_EQ(widths.size(), wanted.size());
        for (std::size_t i = 0; i < widths.size(); ++i) EXPECT_NEAR(widths[i], wanted[i], 1e-9);
    }
}

TEST_F(Golden, Expression) {
    const auto truth = table("genes_true.csv"), predicted = table("genes_pred.csv");
    DefinedMean mean_pearson, mean_spearman, error;
    for (const auto& gene : truth.columns) {
        const auto a = numbers(truth, gene), b = numbers(predicted, gene);
        mean_pearson.add(pearson(a, b));
        mean_spearman.add(spearman(a, b));
        error.add(mean_squared_error(a, b));
    }
    compare("genes", "pearson_nanmean", mean_pearson.mean());
    compare("genes", "spearman_nanmean", mean_spearman.mean());
    compare("genes", "mse_all_entries", error.mean());
    compare("genes", "n_undefined", static_cast<double>(mean_pearson.undefined()));
}

}  // namespace
}  // namespace epi
