#include "pipeline/nn/annotate.hpp"

#include <algorithm>
#include <map>

#include "core/text.hpp"
#include "embed/apply.hpp"
#include "embed/doublets.hpp"
#include "io/atomic_output.hpp"
#include "matrix/umap.hpp"
#include "pipeline/nn/annotate_input.hpp"
#include "pipeline/nn/annotate_report.hpp"
#include "pipeline/nn/cell_types.hpp"
#include "pipeline/plotly_script.hpp"

namespace epi {
namespace {

DenseMatrix as_double(const DenseFloat& values) {
    DenseMatrix result(values.rows, values.cols);
    std::ranges::copy(values.values, result.values.begin());
    return result;
}

void check_genome(const AnnotateOptions& options, const ModelFolder& model) {
    if (options.genome.empty() || model.genome.empty() || options.genome == model.genome) return;
    throw InputError(options.model.string(),
                     "the model is of genome " + model.genome + ", the sample of " + options.genome,
                     "take a model of " + options.genome + ", or align the sample to " + model.genome);
}

// What is wrong with a cell speaks before what the model is unsure of.
void apply_quality(std::vector<CellTypeVerdict>& verdicts, const std::vector<CellQuality>& quality,
                   const QualityRules& rules) {
    std::vector<bool> sound;
    for (const auto& verdict : verdicts) sound.push_back(verdict.assigned());
    const auto reasons = quality_reasons(quality, sound, rules);
    for (std::size_t cell = 0; cell < verdicts.size(); ++cell)
        if (!reasons[cell].empty() && verdicts[cell].reason != "no open peaks")
            verdicts[cell].reason = reasons[cell];
}

// Sound cells by what the model takes them for, to make doublets of.
void score_doublets(SampleCells& sample, const std::vector<CellTypeVerdict>& verdicts,
                    const ModelFolder& model, const DenseFloat& z, const RunContext& context) {
    std::vector<int> types;
    for (const auto& verdict : verdicts) types.push_back(verdict.assigned() ? verdict.call.best : -1);
    const auto scores = doublet_scores(*model.network, sample.open, z, types, context);
    for (std::size_t cell = 0; cell < scores.size(); ++cell)
        sample.quality[cell].doublet_score = scores[cell];
    sample.obs.set("doublet_score", scores);
}

std::vector<double> open_counts(const OpenPeaks& open) {
    std::vector<double> counts;
    for (std::int64_t cell = 0; cell < open.rows; ++cell)
        counts.push_back(static_cast<double>(open.row_indices(cell).size()));
    return counts;
}

nlohmann::ordered_json summary_of(const std::vector<CellTypeVerdict>& verdicts, const ModelFolder& model) {
    std::map<std::string, std::int64_t> types, reasons;
    std::int64_t assigned = 0;
    for (const auto& verdict : verdicts) {
        if (verdict.assigned()) {
            ++assigned;
            ++types[model.cell_types[static_cast<std::size_t>(verdict.call.best)]];
        } else {
            ++reasons[verdict.reason];
        }
    }
    return {{"cells", verdicts.size()},
            {"assigned", assigned},
            {"unassigned", static_cast<std::int64_t>(verdicts.size()) - assigned},
            {"cell_types", types},
            {"unassigned_by_reason", reasons}};
}

// The rows of the report's table of inputs.
std::vector<std::vector<std::string>> flat(const nlohmann::ordered_json& json,
                                           const std::string& prefix = "") {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [key, value] : json.items()) {
        auto name = prefix + key;
        std::ranges::replace(name, '_', ' ');
        if (value.is_object()) {
            for (auto& row : flat(value, name + ", ")) rows.push_back(std::move(row));
        } else {
            rows.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
        }
    }
    return rows;
}

std::vector<CellTypeVerdict> judge(SampleCells& sample, const ModelFolder& model, const DenseFloat& z,
                                   const AnnotateOptions& options, const RunContext& context) {
    const auto probabilities =
        cell_type_probabilities(*model.network, z, model.calibration.temperature, context);
    const auto open_peaks = open_counts(sample.open);
    for (std::size_t cell = 0; cell < open_peaks.size(); ++cell)
        sample.quality[cell].open_peaks = open_peaks[cell];
    sample.obs.set("open_peaks", open_peaks);
    auto verdicts = verdicts_of(probabilities, sample.open, options.min_confidence, model.calibration);
    apply_quality(verdicts, sample.quality, options.rules);
    score_doublets(sample, verdicts, model, z, context);
    apply_quality(verdicts, sample.quality, options.rules);  // now with the doublets
    add_verdicts(sample.obs, verdicts, model.cell_types);
    return verdicts;
}

AnnData annotated(const SampleCells& sample, const ModelFolder& model, const DenseFloat& z,
                  const DenseMatrix& map) {
    AnnData data;
    data.x = sample.counts;
    data.obs = sample.obs;
    data.var.index = model.peaks.names();
    set_embedding(data, z);
    data.obsm["X_umap"] = map;
    data.var_lists["cell_types"] = model.cell_types;
    return data;
}

}  // namespace

AnnotateResult annotate(const AnnotateOptions& options, const RunContext& context) {
    AtomicFolder folder(options.output, context.force);
    const auto plotly = read_plotly_script(options.plotly);
    const auto model = read_model(options.model);
    require_cell_types(model, options.model);
    check_genome(options, model);
    Provenance provenance(
        "annotate",
        {{"min_fragments", options.min_fragments},
         {"min_confidence", options.min_confidence.value_or(model.calibration.unassigned_below)},
         {"min_mapped", options.min_mapped},
         {"min_tss_enrichment", options.rules.min_tss_enrichment},
         {"max_nucleosome_signal", options.rules.max_nucleosome_signal},
         {"max_mitochondrial_share", options.rules.max_mitochondrial_share},
         {"min_frip_of_median", options.rules.min_frip_of_median},
         {"max_doublet_score", options.rules.max_doublet_score},
         {"genome", model.genome}},
        context);
    provenance.add_input(options.model);
    auto sample = read_sample(options, model, provenance, context);
    const auto z = embed_cells(*model.network, sample.open, sample.obs.index, context);
    const auto verdicts = judge(sample, model, z, options, context);
    const auto map = umap(as_double(z), {.seed = context.seed}, context.threads);

    auto data = annotated(sample, model, z, map);
    data.uns["epifoundry"] = provenance.stable();
    write_h5ad(data, folder / "annotated.h5ad", false);
    write_table(verdict_table(sample.obs), folder / "annotations.tsv");
    const auto html = annotate_html({options.input.filename().string(), options.model.string(),
                                     model.cell_types, verdicts, sample.quality, map, flat(sample.summary)},
                                    plotly);
    write_file(folder / "report.html", html, false);
    const auto summary = summary_of(verdicts, model);
    auto record = provenance.full();
    record["input"] = sample.summary;
    record["result"] = summary;
    write_json(record, folder / "annotate.json", false);
    folder.commit();
    const AnnotateResult result{static_cast<std::int64_t>(verdicts.size()), summary["unassigned"]};
    context.note("named " + with_commas(result.cells - result.unassigned) + " of " +
                 with_commas(result.cells) + " cells; see " + (options.output / "report.html").string());
    return result;
}

}  // namespace epi
