#include "pipeline/evaluate_output.hpp"

#include <array>
#include <cmath>

#include "core/text.hpp"
#include "io/provenance.hpp"
#include "io/table.hpp"
#include "report/html_report.hpp"

namespace epi {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no NaN: what is not defined is null.
Json number(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json numbers(const std::vector<double>& values) {
    Json list = Json::array();
    for (const double value : values) list.push_back(number(value));
    return list;
}

// The figures of a question, flat: what metrics.tsv lists.
void add_labels(Json& metrics, const LabelScores& scores) {
    metrics["cells"] = scores.all.cells;
    metrics["accuracy"] = number(scores.all.accuracy);
    metrics["balanced_accuracy"] = number(scores.all.balanced_accuracy);
    metrics["macro_f1"] = number(scores.all.macro_f1);
    metrics["macro_f1_truth_classes"] = number(scores.all.macro_f1_truth);
    metrics["weighted_f1"] = number(scores.all.weighted_f1);
    metrics["micro_f1"] = number(scores.all.micro_f1);
    metrics["unassigned"] = scores.unassigned;
    metrics["coverage"] = number(scores.coverage);
    metrics["accuracy_assigned"] = number(scores.assigned.accuracy);
    metrics["balanced_accuracy_assigned"] = number(scores.assigned.balanced_accuracy);
    metrics["macro_f1_assigned"] = number(scores.assigned.macro_f1);
}

void add_embedding(Json& metrics, const EmbeddingScores& scores) {
    metrics["embedding_cells"] = scores.cells;
    metrics["nmi"] = number(scores.nmi);
    metrics["ari"] = number(scores.ari);
    metrics["label_asw"] = number(scores.label_asw);
    metrics["batch_asw"] = number(scores.batch_asw);
    metrics["clusters"] = scores.clusters;
    metrics["resolution"] = number(scores.resolution);
}

void add_expression(Json& metrics, const ExpressionScores& scores) {
    metrics["expression_cells"] = scores.cells;
    metrics["expression_genes"] = scores.genes;
    metrics["auroc_mean"] = number(scores.auroc);
    metrics["auroc_genes"] = scores.auroc_genes;
    metrics["pearson_mean"] = number(scores.pearson);
    metrics["spearman_mean"] = number(scores.spearman);
    metrics["correlated_genes"] = scores.correlated_genes;
    metrics["mse"] = number(scores.mse);
    metrics["brier"] = number(scores.brier);
    metrics["brier_of_share"] = number(scores.brier_of_share);
}

Json classes_json(const Classification& scores) {
    Json classes = Json::array();
    for (const auto& one : scores.classes)
        classes.push_back({{"name", one.name},
                           {"cells", one.support},
                           {"predicted", one.predicted},
                           {"precision", one.precision},
                           {"recall", one.recall},
                           {"f1", one.f1}});
    return classes;
}

Json confusion_json(const Classification& scores, const std::string& unassigned) {
    Json names = Json::array();
    for (const auto& one : scores.classes) names.push_back(one.name);
    Json columns = names;
    columns.push_back(unassigned);
    return {{"truth", names}, {"predicted", columns}, {"cells", scores.confusion}};
}

Json options_json(const EvaluateOptions& options) {
    return {{"truth", options.truth}, {"predicted", options.predicted}, {"unassigned", options.unassigned},
            {"by", options.by},       {"embedding", options.embedding}, {"label", options.label},
            {"batch", options.batch}, {"where", options.where}};
}

void add_rows(const std::string& group, const Json& metrics, Table& table) {
    for (const auto& [name, value] : metrics.items()) {
        std::string text = "nan";
        if (value.is_number_float()) text = format_double(value);
        if (value.is_number_integer()) text = value.dump();
        table.rows.push_back({group, name, text});
    }
}

}  // namespace

void write_evaluation(const EvaluateResult& result, const EvaluateOptions& options, const RunContext& context,
                      const std::filesystem::path& folder) {
    Provenance provenance("evaluate", options_json(options), context);
    for (const auto& path : {options.input, options.expression_truth, options.truth_table})
        if (!path.empty()) provenance.add_input(path);
    Json json, metrics;
    if (result.labels) add_labels(metrics, *result.labels);
    if (result.embedding) add_embedding(metrics, *result.embedding);
    if (result.expression) add_expression(metrics, *result.expression);
    json["metrics"] = metrics;
    json["input_cells"] = result.input_cells;
    json["chosen_cells"] = result.chosen_cells;
    Table table{"metrics.tsv", {"group", "metric", "value"}, {}};
    add_rows("", metrics, table);
    for (const auto& group : result.groups) {
        Json scores;
        add_labels(scores, group.scores);
        scores["cells"] = group.cells;  // with truth or without
        scores["unassigned"] = group.unassigned;
        add_rows(options.by + "=" + group.name, scores, table);
        json["groups"].push_back({{"name", group.name}, {"metrics", scores}});
    }
    if (result.labels) {
        json["classes"] = classes_json(result.labels->all);
        json["confusion"] = confusion_json(result.labels->all, options.unassigned);
    }
    if (result.embedding) {
        json["resolutions"] = numbers(result.embedding->resolutions);
        json["nmi_at_resolution"] = numbers(result.embedding->nmi_at);
    }
    write_table(table, folder / "metrics.tsv");
    if (result.expression) {
        Table genes{"genes.tsv", {"gene_name", "auroc"}, {}};
        for (std::size_t i = 0; i < result.expression->gene_names.size(); ++i)
            genes.rows.push_back(
                {result.expression->gene_names[i], format_double(result.expression->gene_auroc[i])});
        write_table(genes, folder / "genes.tsv");
    }
    json["epifoundry"] = provenance.full();
    write_json(json, folder / "metrics.json");
}

std::vector<std::string> evaluation_lines(const EvaluateResult& result) {
    std::vector<std::string> lines;
    if (result.labels) {
        const auto& all = result.labels->all;
        lines.push_back(with_commas(all.cells) + " cells: accuracy " + for_people(all.accuracy) +
                        ", balanced accuracy " + for_people(all.balanced_accuracy) + ", macro-F1 " +
                        for_people(all.macro_f1) + "; " + with_commas(result.labels->unassigned) +
                        " unassigned");
    }
    if (result.embedding)
        lines.push_back(with_commas(result.embedding->cells) + " cells: NMI " +
                        for_people(result.embedding->nmi) + ", ARI " + for_people(result.embedding->ari) +
                        ", silhouette " + for_people(result.embedding->label_asw));
    if (result.expression)
        lines.push_back(with_commas(result.expression->auroc_genes) + " genes: AUROC of expressed or not " +
                        for_people(result.expression->auroc));
    return lines;
}

}  // namespace epi
