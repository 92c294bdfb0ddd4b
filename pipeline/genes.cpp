#include "pipeline/genes.hpp"

#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "store/gene_mapping.hpp"

namespace epi {
namespace {

// Moves the columns of `counts` to the order of the table; `result` gets the numbers of what was lost.
void move_to_table(FeatureCounts& counts, const GeneTable& genes, const GenesOptions& options,
                   GenesResult& result) {
    const auto mapping = map_features_to_genes(counts.features, genes);
    const auto matched = mapping.by_id + mapping.by_name;
    if (matched == 0)
        throw InputError(options.input.string(),
                         "has no gene of " + options.gene_table.string() + " (its first is '" +
                             counts.features[0].id + "' / '" + counts.features[0].name + "')",
                         "give the gene table of the same species and kind of gene ids");
    result.features_dropped = static_cast<std::int64_t>(counts.features.size() - matched);
    result.genes_without = static_cast<std::int64_t>(mapping.genes_without);
    counts.x = map_columns(counts.x, mapping.gene_of_feature, static_cast<std::int64_t>(genes.size()));
    counts.notes.push_back(
        "matched " + with_commas(static_cast<std::int64_t>(mapping.by_id)) + " features by gene id and " +
        with_commas(static_cast<std::int64_t>(mapping.by_name)) + " by name; dropped " +
        with_commas(result.features_dropped) + " that are not in the gene table; " +
        with_commas(result.genes_without) + " of its " +
        with_commas(static_cast<std::int64_t>(genes.size())) + " genes are not in the input and stay zero");
}

}  // namespace

GenesResult run_genes(const GenesOptions& options, const RunContext& context) {
    refuse_existing(options.output, context.force);
    GenesResult result;
    Provenance provenance("genes", nlohmann::ordered_json::object(), context);
    provenance.add_input(options.input);
    auto counts = read_feature_counts(options.input, FeatureKind::Genes);
    GeneTable genes;
    if (options.gene_table.empty()) {
        genes = genes_of_features(counts.features);
    } else {
        provenance.add_input(options.gene_table);
        genes = read_genes(options.gene_table);
        move_to_table(counts, genes, options, result);
    }
    result.cells = counts.x.rows;
    result.genes = counts.x.cols;

    AnnData data;
    data.x = std::move(counts.x);
    data.x_stored_as = StoredAs::UInt16;
    data.obs.index = std::move(counts.barcodes);
    data.var = var_of_genes(genes);
    data.uns["epifoundry"] = provenance.stable();
    data.uns["epifoundry"]["notes"] = counts.notes;
    context.check_stop();
    write_h5ad(data, options.output, context.force);
    for (const auto& note : counts.notes) context.note(note);
    context.note(with_commas(result.cells) + " cells x " + with_commas(result.genes) + " genes");
    return result;
}

}  // namespace epi
