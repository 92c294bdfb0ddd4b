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

Json scores_of(const Classification& scores) {
    return {{"cells", scores.cells},
            {"accuracy", number(scores.accuracy)},
            {"balanced_accuracy", number(scores.balanced_accuracy)},
            {"macro_f1", number(scores.macro_f1)},
            {"macro_f1_truth_classes", number(scores.macro_f1_truth)},
            {"weighted_f1", number(scores.weighted_f1)},
            {"micro_f1", number(scores.micro_f1)}};
}

Json labels_json(const LabelScores& scores, const EvaluateOptions& options) {
    Json json = scores_of(scores.all);
    json["unassigned"] = scores.unassigned;
    json["coverage"] = number(scores.coverage);
    json["assigned_only"] = scores_of(scores.assigned);
    Json classes = Json::array(), names = Json::array();
    for (const auto& one : scores.all.classes) {
        names.push_back(one.name);
        classes.push_back({{"name", one.name},
                           {"cells", one.support},
                           {"predicted", one.predicted},
                           {"precision", one.precision},
                           {"recall", one.recall},
                           {"f1", one.f1}});
    }
    json["classes"] = classes;
    Json columns = names;
    columns.push_back(options.unassigned);
    json["confusion"] = {{"truth", names}, {"predicted", columns}, {"cells", scores.all.confusion}};
    return json;
}

Json embedding_json(const EmbeddingScores& scores, const EvaluateOptions& options) {
    return {{"key", options.embedding},
            {"label", options.label},
            {"batch", options.batch},
            {"cells", scores.cells},
            {"dimensions", scores.dimensions},
            {"labels", scores.labels},
            {"batches", scores.batches},
            {"nmi", number(scores.nmi)},
            {"ari", number(scores.ari)},
            {"resolution", number(scores.resolution)},
            {"clusters", scores.clusters},
            {"label_asw", number(scores.label_asw)},
            {"batch_asw", number(scores.batch_asw)},
            {"resolutions", numbers(scores.resolutions)},
            {"nmi_at_resolution", numbers(scores.nmi_at)}};
}

Json expression_json(const ExpressionScores& scores) {
    return {{"cells", scores.cells},
            {"genes", scores.genes},
            {"auroc", number(scores.auroc)},
            {"auroc_genes", scores.auroc_genes},
            {"pearson", number(scores.pearson)},
            {"spearman", number(scores.spearman)},
            {"correlated_genes", scores.correlated_genes},
            {"mse", number(scores.mse)},
            {"brier", number(scores.brier)},
            {"brier_of_share", number(scores.brier_of_share)}};
}

Json options_json(const EvaluateOptions& options) {
    return {{"truth", options.truth}, {"predicted", options.predicted}, {"unassigned", options.unassigned},
            {"by", options.by},       {"embedding", options.embedding}, {"label", options.label},
            {"batch", options.batch}, {"where", options.where}};
}

// Every number of `json` as a row: section, metric, value. Lists are left to the .json.
void flatten(const Json& json, const std::string& section, Table& table) {
    for (const auto& [key, value] : json.items()) {
        if (value.is_object()) flatten(value, section + "." + key, table);
        if (value.is_number_float()) table.rows.push_back({section, key, format_double(value)});
        if (value.is_number_integer()) table.rows.push_back({section, key, value.dump()});
        if (value.is_null()) table.rows.push_back({section, key, "nan"});
    }
}

}  // namespace

void write_evaluation(const EvaluateResult& result, const EvaluateOptions& options, const RunContext& context,
                      const std::filesystem::path& folder) {
    Provenance provenance("evaluate", options_json(options), context);
    for (const auto& path : {options.input, options.expression_truth, options.truth_table})
        if (!path.empty()) provenance.add_input(path);
    Json metrics;
    metrics["cells"] = {{"input", result.input_cells}, {"chosen", result.chosen_cells}};
    if (result.labels) metrics["labels"] = labels_json(*result.labels, options);
    if (result.embedding) metrics["embedding"] = embedding_json(*result.embedding, options);
    if (result.expression) metrics["expression"] = expression_json(*result.expression);
    Table table{"metrics.tsv", {"section", "metric", "value"}, {}};
    for (const auto& [section, values] : metrics.items()) flatten(values, section, table);
    for (const auto& group : result.groups) {
        Json scores = scores_of(group.scores.all);
        scores["cells"] = group.cells;
        scores["unassigned"] = group.unassigned;
        flatten(scores, "labels." + options.by + "=" + group.name, table);
        metrics["groups"].push_back({{"name", group.name}, {"scores", scores}});
    }
    write_table(table, folder / "metrics.tsv");
    if (result.expression) {
        Table genes{"genes.tsv", {"gene_name", "auroc"}, {}};
        for (std::size_t i = 0; i < result.expression->gene_names.size(); ++i)
            genes.rows.push_back(
                {result.expression->gene_names[i], format_double(result.expression->gene_auroc[i])});
        write_table(genes, folder / "genes.tsv");
    }
    metrics["epifoundry"] = provenance.full();
    write_json(metrics, folder / "metrics.json");
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
