#include "pipeline/baseline.hpp"

#include <algorithm>
#include <optional>

#include "baseline/classifiers.hpp"
#include "baseline/lsi.hpp"
#include "baseline/peak_features.hpp"
#include "batches/atlas_cells.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "io/table.hpp"
#include "store/anndata.hpp"

namespace epi {
namespace {

// The labelled cells to learn from.
struct Training {
    std::vector<std::int64_t> cells;
    std::vector<std::int32_t> labels;
    std::vector<std::string> cell_types;
};

// What comes out for the cells that were asked for.
struct Outcome {
    std::optional<DenseMatrix> embedding;
    std::optional<ClassPredictions> predictions;
};

void check_options(const BaselineOptions& options) {
    const auto fits = [&] {
        if (options.method == "lsi") return options.classifier.empty() || options.classifier == "knn";
        return options.classifier == "logistic" || options.classifier == "naive-bayes";
    };
    if (!fits())
        throw UsageError(
            "--classifier",
            options.classifier.empty()
                ? "method '" + options.method + "' needs one"
                : "'" + options.classifier + "' does not go with method '" + options.method + "'",
            "lsi goes with knn, or none for the embedding alone; peaks with logistic or "
            "naive-bayes");
}

Training training_cells(const AtlasCells& atlas) {
    Training training;
    const auto splits = atlas.column("split");
    for (std::int64_t cell = 0; cell < atlas.size(); ++cell) {
        if (atlas.cell_type(cell).empty()) continue;
        if (atlas.has_split() && splits[static_cast<std::size_t>(cell)] != "train") continue;
        training.cells.push_back(cell);
        training.cell_types.emplace_back(atlas.cell_type(cell));
    }
    auto& types = training.cell_types;
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
    if (types.size() < 2)
        throw InputError(atlas.path().string(),
                         types.empty() ? "it has no training cell with a cell type"
                                       : "all its training cells are of one type",
                         "pack the samples with labels of two types or more (pack --labels)");
    for (const auto cell : training.cells)
        training.labels.push_back(static_cast<std::int32_t>(
            std::lower_bound(types.begin(), types.end(), atlas.cell_type(cell)) - types.begin()));
    return training;
}

std::vector<std::int64_t> every_cell(const AtlasCells& cells) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) numbers.push_back(cell);
    return numbers;
}

DoubleMatrix open_peaks(const AtlasCells& cells, std::span<const std::int64_t> chosen) {
    DoubleMatrix matrix;
    matrix.cols = cells.n_peaks();
    for (const auto cell : chosen) {
        const auto peaks = cells.peaks_of(cell);
        matrix.add_row(peaks, std::vector<double>(peaks.size(), 1.0));
    }
    return matrix;
}

Outcome run_method(const BaselineOptions& options, const Training& training, const DoubleMatrix& train,
                   const DoubleMatrix& cells, const RunContext& context) {
    Outcome outcome;
    const auto classes = training.cell_types.size();
    if (options.method == "lsi") {
        const auto model =
            fit_lsi(train, {.components = options.components, .seed = context.seed}, context.threads);
        outcome.embedding = project(model, cells, context.threads);
        if (options.classifier.empty()) return outcome;
        const KnnModel knn{project(model, train, context.threads), training.labels, classes,
                           static_cast<std::size_t>(options.neighbours)};
        outcome.predictions = predict(knn, *outcome.embedding, context.threads);
    } else if (options.classifier == "logistic") {
        const auto frequency = inverse_frequency(train);
        const auto model = fit_logistic(weighted_peaks(train, frequency), training.labels, classes,
                                        {.c = options.c}, context.threads);
        if (!model.converged)
            context.warn("logistic regression stopped before it converged, after " +
                         std::to_string(model.iterations) + " iterations");
        outcome.predictions = predict(model, weighted_peaks(cells, frequency), context.threads);
    } else {
        const auto model = fit_naive_bayes(train, training.labels, classes, options.alpha);
        outcome.predictions = predict(model, cells, context.threads);
    }
    return outcome;
}

DataFrame describe_cells(const AtlasCells& cells) {
    DataFrame obs;
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) obs.index.push_back(cells.name(cell));
    for (const auto* name : {"sample", "batch", "donor", "tissue", "cell_type", "split"}) {
        const auto values = cells.column(name);
        if (std::any_of(values.begin(), values.end(), [](const auto& value) { return !value.empty(); }))
            obs.set(name, make_categorical(values));
    }
    return obs;
}

void add_predictions(DataFrame& obs, const ClassPredictions& predictions,
                     const std::vector<std::string>& cell_types) {
    std::vector<std::string> predicted, runner_up;
    std::vector<double> confidence, runner_up_confidence;
    for (std::size_t cell = 0; cell < predictions.chosen.size(); ++cell) {
        const auto row = predictions.probability.row(cell);
        const auto best = static_cast<std::size_t>(predictions.chosen[cell]);
        std::size_t second = best == 0 ? 1 : 0;
        for (std::size_t c = 0; c < row.size(); ++c)
            if (c != best && row[c] > row[second]) second = c;
        predicted.push_back(cell_types[best]);
        confidence.push_back(row[best]);
        runner_up.push_back(cell_types[second]);
        runner_up_confidence.push_back(row[second]);
    }
    obs.set("predicted_cell_type", make_categorical(predicted));
    obs.set("confidence", std::move(confidence));
    obs.set("runner_up", make_categorical(runner_up));
    obs.set("runner_up_confidence", std::move(runner_up_confidence));
}

Table table_of(const DataFrame& obs) {
    Table table{"predictions.tsv", {"barcode"}, {}};
    for (const auto& cell : obs.index) table.rows.push_back({cell});
    for (const auto& [name, column] : obs.columns) {
        table.columns.push_back(name);
        const auto values = obs.text(name, table.name);
        for (std::size_t row = 0; row < values.size(); ++row) table.rows[row].push_back(values[row]);
    }
    return table;
}

Provenance provenance_of(const BaselineOptions& options, const RunContext& context) {
    nlohmann::ordered_json chosen = {{"method", options.method}, {"classifier", options.classifier}};
    if (options.method == "lsi") chosen["components"] = options.components;
    if (options.classifier == "knn") chosen["neighbours"] = options.neighbours;
    if (options.classifier == "logistic") chosen["c"] = options.c;
    if (options.classifier == "naive-bayes") chosen["alpha"] = options.alpha;
    Provenance provenance("baseline", chosen, context);
    for (const auto& path : {options.input, options.apply}) {
        if (path.empty()) continue;
        // An atlas is known by its manifest, which holds the checksums of its shards.
        provenance.add_input(std::filesystem::is_directory(path) ? path / "atlas.json" : path);
    }
    return provenance;
}

}  // namespace

BaselineResult baseline(const BaselineOptions& options, const RunContext& context) {
    check_options(options);
    AtomicFile file(options.output, context.force);
    const auto table_path = options.output.parent_path() / "predictions.tsv";
    if (!options.classifier.empty()) refuse_existing(table_path, context.force);
    const auto atlas = AtlasCells::open(options.input);
    std::optional<AtlasCells> other;
    if (!options.apply.empty()) {
        other = AtlasCells::open(options.apply);
        if (other->peak_identity() != atlas.peak_identity())
            throw InputError(options.apply.string(), "its peaks are not those of " + options.input.string(),
                             "count its fragments on the atlas' peaks (count --peaks)");
    }
    const AtlasCells& cells = other ? *other : atlas;
    const auto training = training_cells(atlas);
    context.check_stop();
    const auto outcome = run_method(options, training, open_peaks(atlas, training.cells),
                                    open_peaks(cells, every_cell(cells)), context);
    AnnData data;
    data.obs = describe_cells(cells);
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) data.x.add_row({}, {});
    if (outcome.embedding) data.obsm["X_lsi"] = *outcome.embedding;
    data.uns["epifoundry"] = provenance_of(options, context).stable();
    std::optional<AtomicFile> predictions_file;
    if (outcome.predictions) {
        add_predictions(data.obs, *outcome.predictions, training.cell_types);
        data.obsm["cell_type_probabilities"] = outcome.predictions->probability;
        data.var_lists["cell_types"] = training.cell_types;
        predictions_file.emplace(table_path, context.force);
        write_table(table_of(data.obs), predictions_file->temporary_path());
    }
    write_h5ad(data, file.temporary_path(), true);
    if (predictions_file) predictions_file->commit();
    file.commit();
    context.note("learned from " + with_commas(static_cast<std::int64_t>(training.cells.size())) +
                 " cells of " + std::to_string(training.cell_types.size()) + " types; wrote " +
                 with_commas(cells.size()) + " cells");
    return {static_cast<std::int64_t>(training.cells.size()), cells.size(), training.cell_types};
}

}  // namespace epi
