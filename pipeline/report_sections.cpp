#include <algorithm>
#include <cmath>
#include <map>

#include "core/text.hpp"
#include "pipeline/report_data.hpp"

namespace epi {
namespace {

constexpr std::size_t kRankPoints = 400;

std::string whole(std::size_t count) {
    return with_commas(static_cast<std::int64_t>(count));
}

// Cells by a name each, in the order of the names.
std::vector<Series> by_name(const std::vector<std::string>& names, const std::vector<double>& x,
                            const std::vector<double>& y) {
    std::map<std::string, Series> groups;
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto& series = groups[names[i].empty() ? "no label" : names[i]];
        series.x.push_back(x[i]);
        series.y.push_back(y[i]);
    }
    std::vector<Series> result;
    for (auto& [name, series] : groups) {
        series.name = name;
        result.push_back(std::move(series));
    }
    // What is drawn first lies below.
    std::stable_partition(result.begin(), result.end(),
                          [](const Series& series) { return series.name == "dropped"; });
    return result;
}

std::vector<const Evaluation*> with_metric(const ReportData& data, const std::string& metric) {
    std::vector<const Evaluation*> found;
    for (const auto& evaluation : data.evaluations)
        if (evaluation.has(metric)) found.push_back(&evaluation);
    return found;
}

void add_headlines(HtmlReport& html, const ReportData& data) {
    std::size_t kept = 0, judged = 0;
    for (const auto& sample : data.selected) {
        judged += sample.cells.rows.size();
        for (const auto& value : sample.cells.values("kept")) kept += value == "1" || value == "true" ? 1 : 0;
    }
    if (judged > 0) html.headline("Cells kept", whole(kept), "of " + whole(judged) + " barcodes");
    for (const auto& sample : data.annotated) {
        const auto unassigned = static_cast<std::size_t>(
            std::count(sample.map.cell_type.begin(), sample.map.cell_type.end(), "unassigned"));
        html.headline("Cells named, " + sample.map.name, whole(sample.map.cell_type.size() - unassigned),
                      whole(unassigned) + " left unassigned");
    }
    for (const auto* one : with_metric(data, "accuracy"))
        if (one->name.ends_with(".model"))
            html.headline("Accuracy, " + one->name.substr(0, one->name.size() - 6),
                          for_people(one->metric("accuracy")),
                          "macro-F1 " + for_people(one->metric("macro_f1")));
    for (const auto* one : with_metric(data, "nmi"))
        html.headline("Clusters match types", for_people(one->metric("nmi")),
                      "NMI; ARI " + for_people(one->metric("ari")));
    for (const auto* one : with_metric(data, "auroc_mean"))
        html.headline("Gene expression from ATAC", for_people(one->metric("auroc_mean")),
                      "AUROC, mean of " + for_people(one->metric("auroc_genes")) + " genes");
}

void add_confusion(HtmlReport& html, const Evaluation& evaluation) {
    const auto& confusion = evaluation.json.at("confusion");
    const auto rows = confusion.at("truth").get<std::vector<std::string>>();
    auto columns = confusion.at("predicted").get<std::vector<std::string>>();
    auto cells = confusion.at("cells").get<std::vector<std::vector<double>>>();
    for (auto& row : cells) row.resize(columns.size(), 0);
    // A column for cells without answer only where there are any.
    if (columns.size() == rows.size() + 1 &&
        std::all_of(cells.begin(), cells.end(), [](const auto& row) { return row.back() == 0; })) {
        columns.pop_back();
        for (auto& row : cells) row.pop_back();
    }
    html.heatmap({"Confusion, " + evaluation.name,
                  "Rows are true types, columns predictions; colour is the share of a row, so a clean "
                  "diagonal is what one wants.",
                  "predicted", "true"},
                 rows, columns, cells);
}

// One row for each evaluation that has the first of these metrics.
void add_figures(HtmlReport& html, const ReportData& data, const std::string& title,
                 const std::string& caption, const std::vector<std::string>& metrics) {
    std::vector<std::string> columns = {"evaluation"};
    for (auto name : metrics) {
        std::replace(name.begin(), name.end(), '_', ' ');
        columns.push_back(name);
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto* one : with_metric(data, metrics.front())) {
        rows.push_back({one->name});
        for (const auto& name : metrics) rows.back().push_back(for_people(one->metric(name)));
    }
    if (!rows.empty()) html.table(title, caption, columns, rows);
}

void add_results(HtmlReport& html, const ReportData& data) {
    if (data.evaluations.empty()) return;
    html.section("Results", "How predictions and embeddings compare with what is known of the cells.");
    const auto scored = with_metric(data, "accuracy");
    if (!scored.empty()) {
        std::vector<std::string> names;
        std::vector<Series> bars = {{"accuracy", {}, {}}, {"macro-F1", {}, {}}};
        for (const auto* one : scored) {
            names.push_back(one->name);
            bars[0].x.push_back(one->metric("accuracy"));
            bars[1].x.push_back(one->metric("macro_f1"));
        }
        html.bars(
            {"Naming cells", "Model and simple methods on the same cells; unassigned cells count as wrong.",
             "score", ""},
            names, bars);
    }
    std::vector<Sample> genes;
    for (const auto& one : data.evaluations)
        if (!one.gene_auroc.empty()) genes.push_back({one.name, one.gene_auroc});
    if (!genes.empty())
        html.histogram({"Expression of each gene",
                        "AUROC of telling cells that express a gene from those that do not, from ATAC alone; "
                        "0.5 is chance.",
                        "AUROC", "genes"},
                       genes, 0, 1);
    for (const auto* one : scored)
        if (one->json.contains("confusion") && (one->name.ends_with(".model") || scored.size() <= 2))
            add_confusion(html, *one);
    add_figures(html, data, "Figures of the labels",
                "Unassigned cells are wrong, but for the columns that say assigned.",
                {"cells", "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "coverage",
                 "accuracy_assigned", "macro_f1_assigned"});
    add_figures(
        html, data, "Figures of the embeddings",
        "Agreement of clusters and types (NMI, ARI), separation of types and mixing of batches (ASW).",
        {"nmi", "ari", "label_asw", "batch_asw", "clusters", "embedding_cells"});
    add_figures(
        html, data, "Figures of the expression",
        "Means over genes; a Brier score below that of each gene's share of cells has learned something.",
        {"auroc_mean", "auroc_genes", "pearson_mean", "spearman_mean", "brier", "brier_of_share"});
}

void add_maps(HtmlReport& html, const ReportData& data) {
    if (data.labelled.empty() && data.annotated.empty()) return;
    html.section("Cell types", "Each point is a cell; cells that lie together are alike.");
    const AxisStyle map_style{.hide_axes = true};
    std::vector<Sample> confidences;
    for (const auto& sample : data.annotated) {
        html.scatter({sample.map.name + ", named by the model",
                      "UMAP of the model's embedding, from ATAC alone; colour is the predicted type.",
                      "UMAP 1", "UMAP 2"},
                     by_name(sample.map.cell_type, sample.map.x, sample.map.y), map_style);
        std::map<std::string, std::vector<double>> by_type;
        for (std::size_t cell = 0; cell < sample.confidence.size(); ++cell)
            by_type[sample.map.cell_type[cell]].push_back(sample.confidence[cell]);
        std::vector<Sample> types;
        for (auto& [type, values] : by_type) types.push_back({type, std::move(values)});
        html.histogram({"Confidence, " + sample.map.name,
                        "How sure the model is of each cell; cells that look like nothing it knows are left "
                        "unassigned.",
                        "confidence", "cells"},
                       types, 0, 1);
    }
    for (const auto& map : data.labelled)
        html.scatter({map.name + ", labels of the atlas",
                      "UMAP of RNA and ATAC together; colour is the cell type that training learns from.",
                      "UMAP 1", "UMAP 2"},
                     by_name(map.cell_type, map.x, map.y), map_style);
}

// Ranks and values of a curve that falls, at points evenly spaced on a logarithmic axis.
Series rank_curve(const CountedSample& sample) {
    auto fragments = numbers_of(sample.qc, "fragments");
    std::sort(fragments.rbegin(), fragments.rend());
    Series series{sample.name, {}, {}};
    std::size_t last = 0;
    for (std::size_t i = 0; i < kRankPoints && !fragments.empty(); ++i) {
        const double exponent = static_cast<double>(i) / (kRankPoints - 1);
        const auto rank =
            static_cast<std::size_t>(std::llround(std::pow(static_cast<double>(fragments.size()), exponent)));
        if (rank == last || fragments[rank - 1] <= 0) continue;
        last = rank;
        series.x.push_back(static_cast<double>(rank));
        series.y.push_back(fragments[rank - 1]);
    }
    return series;
}

// Divided by its mean, so that samples of different depth compare.
Series relative(Series series) {
    double mean = 0;
    for (const double value : series.y) mean += value / static_cast<double>(series.y.size());
    if (mean > 0)
        for (double& value : series.y) value /= mean;
    return series;
}

void add_counted(HtmlReport& html, const ReportData& data) {
    std::vector<Series> sizes, profiles, ranks;
    for (const auto& sample : data.counted) {
        sizes.push_back(relative(sample.sizes));
        profiles.push_back(relative(sample.tss_profile));
        ranks.push_back(rank_curve(sample));
    }
    html.lines({"Barcodes by depth",
                "Fragments of each barcode, deepest first: cells stand on the plateau before the cliff.",
                "rank", "fragments"},
               ranks, {.log_x = true, .log_y = true});
    html.lines(
        {"Fragment lengths",
         "The peak below 150 bp is open DNA; the humps near 200 and 400 bp are one and two nucleosomes.",
         "length (bp)", "relative frequency"},
        sizes);
    html.lines(
        {"Around transcription start sites",
         "Cut sites by their distance to the nearest gene start: the higher the middle, the cleaner the "
         "sample.",
         "distance (bp)", "relative frequency"},
        profiles);
}

void add_selected(HtmlReport& html, const ReportData& data) {
    std::vector<std::string> names;
    std::map<std::string, std::vector<double>> reasons;
    std::vector<std::string> verdict;
    std::vector<double> fragments, enrichment;
    for (std::size_t i = 0; i < data.selected.size(); ++i) {
        const auto& table = data.selected[i].cells;
        names.push_back(data.selected[i].name);
        const auto kept = table.values("kept"), reason = table.values("reason");
        const auto depth = numbers_of(table, "fragments"), tss = numbers_of(table, "tss_enrichment");
        for (std::size_t cell = 0; cell < kept.size(); ++cell) {
            const bool good = kept[cell] == "1" || kept[cell] == "true";
            const std::string verdicts = good ? "kept" : reason[cell];
            for (const auto one : split(verdicts, ',')) {
                auto& counts = reasons[std::string(one)];
                counts.resize(data.selected.size(), 0);
                ++counts[i];
            }
            // Barcodes that are hardly there would cover everything else.
            if (!(depth[cell] >= 100)) continue;
            verdict.push_back(good ? data.selected[i].name : "dropped");
            fragments.push_back(depth[cell]);
            enrichment.push_back(tss[cell]);
        }
    }
    html.scatter(
        {"Depth and TSS enrichment", "Kept cells by sample, among all barcodes of 100 fragments or more.",
         "fragments", "TSS enrichment"},
        by_name(verdict, fragments, enrichment), {.log_x = true});
    std::vector<std::string> categories;
    std::vector<Series> bars;
    for (const auto& name : names) bars.push_back({name, {}, {}});
    for (const auto& [reason, counts] : reasons) {
        categories.push_back(reason);
        for (std::size_t i = 0; i < bars.size(); ++i) bars[i].x.push_back(counts[i]);
    }
    html.bars({"Kept and dropped",
               "Barcodes that passed, and that failed each criterion; one may fail several.", "barcodes", ""},
              categories, bars);
}

void add_quality(HtmlReport& html, const ReportData& data) {
    if (data.counted.empty() && data.selected.empty()) return;
    html.section("Quality", "What the fragments say of each sample and of each barcode.");
    if (!data.counted.empty()) add_counted(html, data);
    if (!data.selected.empty()) add_selected(html, data);
}

void add_training_curve(HtmlReport& html, const TrainedModel& model, const std::string& metric,
                        const std::string& title, const std::string& caption) {
    std::vector<Series> curves;
    for (const std::string part : {"train", "val"}) {
        if (!model.training.has(part + "_" + metric)) continue;
        Series curve{part == "val" ? "validation" : "training", {}, {}};
        const auto epochs = numbers_of(model.training, "epoch");
        const auto values = numbers_of(model.training, part + "_" + metric);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (std::isnan(values[i])) continue;
            curve.x.push_back(epochs[i]);
            curve.y.push_back(values[i]);
        }
        if (!curve.x.empty()) curves.push_back(std::move(curve));
    }
    if (!curves.empty()) html.lines({title + ", " + model.name, caption, "epoch", title}, curves);
}

void add_training(HtmlReport& html, const ReportData& data) {
    if (data.trained.empty()) return;
    html.section("Training", "How the models learned, epoch by epoch.");
    for (const auto& model : data.trained) {
        add_training_curve(
            html, model, "loss", "Loss",
            "Both curves should fall; validation that rises while training falls is overfitting.");
        add_training_curve(html, model, "accuracy", "Accuracy",
                           "Share of cells whose type was named rightly.");
        add_training_curve(html, model, "gene_accuracy", "Gene accuracy",
                           "Share of gene queries (expressed or not) answered rightly.");
    }
}

}  // namespace

void add_report_sections(HtmlReport& html, const ReportData& data) {
    add_headlines(html, data);
    add_results(html, data);
    add_maps(html, data);
    add_quality(html, data);
    add_training(html, data);
}

}  // namespace epi
