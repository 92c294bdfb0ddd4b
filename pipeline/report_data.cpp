#include "pipeline/report_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"
#include "core/not_a_number.hpp"
#include "core/text.hpp"
#include "io/provenance.hpp"
#include "store/anndata.hpp"

namespace epi {
namespace {

namespace fs = std::filesystem;

double number_of(const std::string& text) {
    return parse_number<double>(text).value_or(kNan);
}

// The last part of a path that may end in '/'.
std::string name_of(const fs::path& folder) {
    const auto name = folder.filename().empty() ? folder.parent_path().filename() : folder.filename();
    return name.string();
}

// The first two columns of a table as a curve.
Series curve(const fs::path& path, const std::string& name) {
    const auto table = read_table(path);
    if (table.columns.size() < 2)
        throw InputError(path.string(), "there are not two columns", "write the folder again with count");
    Series series{name, {}, {}};
    for (const auto& row : table.rows) {
        series.x.push_back(number_of(row[0]));
        series.y.push_back(number_of(row[1]));
    }
    return series;
}

CellMap read_map(const fs::path& path, const std::string& column, const std::string& name,
                 std::vector<double>* confidence) {
    const auto data = read_h5ad(path);
    CellMap map;
    map.name = name;
    map.cell_type = data.obs.text(column, path.string());
    if (confidence != nullptr) *confidence = data.obs.numbers("confidence", path.string());
    const auto umap = data.obsm.find("X_umap");
    if (umap == data.obsm.end() || umap->second.cols < 2)
        throw InputError(path.string(), "there is no map in obsm[\"X_umap\"]", "write the folder again");
    for (std::size_t cell = 0; cell < umap->second.rows; ++cell) {
        map.x.push_back(umap->second(cell, 0));
        map.y.push_back(umap->second(cell, 1));
    }
    return map;
}

// Whether `cells` of a confusion has a row for each `truth`, and in it a number for each `predicted`.
bool is_matrix(const nlohmann::ordered_json& confusion) {
    const auto texts = [&](const char* key) {
        return confusion.contains(key) && confusion[key].is_array() &&
               std::all_of(confusion[key].begin(), confusion[key].end(),
                           [](const auto& value) { return value.is_string(); });
    };
    if (!texts("truth") || !texts("predicted") || !confusion.contains("cells")) return false;
    const auto& cells = confusion["cells"];
    const auto& columns = confusion["predicted"];
    if (!cells.is_array() || cells.size() != confusion["truth"].size()) return false;
    return std::all_of(cells.begin(), cells.end(), [&](const auto& row) {
        // A column for cells without answer may be named and not be there.
        return row.is_array() && row.size() <= columns.size() && row.size() + 1 >= columns.size() &&
               std::all_of(row.begin(), row.end(), [](const auto& value) { return value.is_number(); });
    });
}

Evaluation read_evaluation(const fs::path& folder) {
    Evaluation evaluation;
    evaluation.name = name_of(folder);
    evaluation.json = read_json(folder / "metrics.json");
    const auto place = (folder / "metrics.json").string();
    if (!evaluation.json.contains("metrics") || !evaluation.json["metrics"].is_object())
        throw InputError(place, "there are no metrics in it", "give a folder that evaluate wrote");
    if (evaluation.json.contains("confusion") && !is_matrix(evaluation.json["confusion"]))
        throw InputError(place, "its confusion is no matrix with named rows and columns",
                         "run evaluate again");
    if (fs::exists(folder / "genes.tsv"))
        evaluation.gene_auroc = numbers_of(read_table(folder / "genes.tsv"), "auroc");
    return evaluation;
}

}  // namespace

bool Evaluation::has(const std::string& metric_name) const {
    return json.contains("metrics") && json["metrics"].contains(metric_name);
}

double Evaluation::metric(const std::string& metric_name) const {
    if (!has(metric_name) || !json["metrics"][metric_name].is_number()) return kNan;
    return json["metrics"][metric_name].get<double>();
}

std::vector<double> numbers_of(const Table& table, const std::string& column) {
    std::vector<double> numbers;
    for (const auto& text : table.values(column)) numbers.push_back(number_of(text));
    return numbers;
}

std::string kind_of_folder(const fs::path& folder) {
    constexpr std::array<std::array<const char*, 2>, 6> kManifests = {{{"annotate.json", "annotate"},
                                                                       {"metrics.json", "evaluate"},
                                                                       {"count.json", "count"},
                                                                       {"select.json", "select"},
                                                                       {"label.json", "label"},
                                                                       {"training.tsv", "model"}}};
    for (const auto& [file, kind] : kManifests)
        if (fs::exists(folder / file)) return kind;
    return {};
}

void read_result_folder(const fs::path& folder, ReportData& data) {
    const auto kind = kind_of_folder(folder), name = name_of(folder);
    if (kind.empty())
        throw InputError(folder.string(), "this is no result folder",
                         "give folders that count, select, label, pretrain, finetune, annotate or evaluate "
                         "wrote");
    if (kind == "count") {
        data.counted.push_back({name, read_table(folder / "qc.tsv.gz"),
                                curve(folder / "fragment_sizes.tsv", name),
                                curve(folder / "tss_profile.tsv", name)});
    } else if (kind == "select") {
        data.selected.push_back({name, read_table(folder / "cells.tsv")});
    } else if (kind == "label") {
        data.labelled.push_back(read_map(folder / "embeddings.h5ad", "cell_type", name, nullptr));
    } else if (kind == "model") {
        data.trained.push_back({name, read_table(folder / "training.tsv")});
    } else if (kind == "annotate") {
        AnnotatedSample sample;
        sample.map = read_map(folder / "annotated.h5ad", "predicted_cell_type", name, &sample.confidence);
        data.annotated.push_back(std::move(sample));
    } else {
        data.evaluations.push_back(read_evaluation(folder));
    }
}

}  // namespace epi
