#include "pipeline/nn/predict.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "embed/apply.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "pipeline/nn/cell_types.hpp"
#include "pipeline/nn/embedding_columns.hpp"
#include "pipeline/nn/model_input.hpp"

namespace epi {
namespace {

void check_options(const PredictOptions& options) {
    if (options.task != "cell-type" && options.task != "expression")
        throw UsageError("--task", "'" + options.task + "' is no task", "give cell-type or expression");
    if (options.prior_correction < 0 || options.prior_correction >= 1)
        throw UsageError("--prior-correction",
                         format_double(options.prior_correction) + " is no share of genes",
                         "give a number from 0 (off) to below 1, as 0.06");
}

std::filesystem::path table_beside(const std::filesystem::path& output) {
    return output.parent_path() / "predictions.tsv";
}

PredictResult predict_cell_types(const PredictOptions& options, const ModelFolder& model, AnnData& out,
                                 const OpenPeaks& open, const DenseFloat& z, const RunContext& context) {
    const auto probabilities =
        cell_type_probabilities(*model.network, z, model.calibration.temperature, context);
    auto verdicts = verdicts_of(probabilities, open, options.min_confidence, model.calibration);
    add_verdicts(out.obs, verdicts, model.cell_types);
    out.obsm["cell_type_probabilities"] = probabilities;
    out.var_lists["cell_types"] = model.cell_types;
    PredictResult result;
    result.cells = static_cast<std::int64_t>(verdicts.size());
    result.unassigned =
        std::ranges::count_if(verdicts, [](const auto& verdict) { return !verdict.assigned(); });
    return result;
}

// X as a matrix in which every entry is stored.
DoubleMatrix full_matrix(const DenseFloat& values) {
    DoubleMatrix matrix;
    matrix.cols = static_cast<std::int64_t>(values.cols);
    std::vector<std::int32_t> columns(values.cols);
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = static_cast<std::int32_t>(i);
    for (std::size_t row = 0; row < values.rows; ++row) {
        const auto numbers = values.row(row);
        matrix.add_row(columns, std::vector<double>(numbers.begin(), numbers.end()));
    }
    return matrix;
}

void predict_expression(const PredictOptions& options, const ModelFolder& model, AnnData& out,
                        const std::vector<std::int64_t>& batch, const DenseFloat& z,
                        const RunContext& context) {
    const bool levels = model.config().value_head;
    const auto values =
        levels ? expression_levels(*model.network, z, batch, context)
               : expressed_probabilities(*model.network, z, batch, options.prior_correction, context);
    out.x = full_matrix(values);
    out.x_stored_as = StoredAs::Float32;
    out.uns["x_is"] = levels ? "binned expression" : "probability of expression";
    out.var.index = model.genes.unique_names();
    std::vector<std::string> ids, chromosomes;
    for (const auto& gene : model.genes.genes) {
        ids.push_back(gene.id);
        chromosomes.push_back(gene.chrom);
    }
    out.var.set("gene_ids", std::move(ids));
    out.var.set("chromosome", make_categorical(chromosomes));
}

}  // namespace

PredictResult predict(const PredictOptions& options, const RunContext& context) {
    check_options(options);
    const bool types = options.task == "cell-type";
    const auto table = table_beside(options.output);
    refuse_existing(options.output, context.force);
    if (types) refuse_existing(table, context.force);
    const auto model = read_model(options.model);
    if (types) require_cell_types(model, options.model);
    Provenance provenance(
        "predict",
        {{"task", options.task},
         {"min_confidence", options.min_confidence.value_or(model.calibration.unassigned_below)},
         {"min_mapped", options.min_mapped},
         {"prior_correction", options.prior_correction}},
        context);
    provenance.add_input(options.input);
    provenance.add_input(options.model);
    auto input = read_model_input(options.input, model, options.model, options.min_mapped, context);
    const auto z = embed_cells(*model.network, input.open, input.obs.index, context);
    AnnData out;
    out.obs = std::move(input.obs);
    PredictResult result{static_cast<std::int64_t>(z.rows), 0};
    if (types)
        result = predict_cell_types(options, model, out, input.open, z, context);
    else
        predict_expression(options, model, out, input.batch, z, context);
    set_embedding(out, z);
    out.uns["epifoundry"] = provenance.stable();
    if (input.mapping) out.uns["epifoundry"]["peak_mapping"] = to_json(*input.mapping);
    if (types) {
        AtomicFile file(table, context.force);
        write_table(verdict_table(out.obs), file.temporary_path());
        write_h5ad(out, options.output, context.force);
        file.commit();
    } else {
        write_h5ad(out, options.output, context.force);
    }
    context.note("predicted " + options.task + " of " + with_commas(result.cells) + " cells" +
                 (types ? ", " + with_commas(result.unassigned) + " unassigned" : ""));
    return result;
}

}  // namespace epi
