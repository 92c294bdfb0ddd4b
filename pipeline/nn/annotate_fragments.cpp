#include "pipeline/nn/annotate_fragments.hpp"

#include "core/text.hpp"
#include "pipeline/count_sample.hpp"

namespace epi {
namespace {

CountPlan plan_for(const AnnotateOptions& options, const ModelFolder& model,
                   const std::optional<std::vector<std::string>>& wanted) {
    CountPlan plan;
    plan.fragments = {options.input};
    plan.peaks = model.peaks;
    plan.peaks_name = (options.model / "peaks.bed").string();
    plan.genes = model.genes;
    plan.cells = wanted;
    plan.cells_name = options.cells.empty() ? options.rna.string() : options.cells.string();
    plan.min_fragments = options.min_fragments;
    plan.gene_activity = false;
    return plan;
}

std::vector<CellQuality> quality_of(const DataFrame& cells) {
    const auto column = [&](const char* name) { return cells.numbers(name, "qc"); };
    const auto fragments = column("fragments"), frip = column("frip"), tss = column("tss_enrichment"),
               nucleosomes = column("nucleosome_signal"), mitochondrial = column("mitochondrial");
    std::vector<CellQuality> quality(cells.size());
    for (std::size_t cell = 0; cell < quality.size(); ++cell) {
        quality[cell].fragments = fragments[cell];
        quality[cell].frip = frip[cell];
        quality[cell].tss_enrichment = tss[cell];
        quality[cell].nucleosome_signal = nucleosomes[cell];
        quality[cell].mitochondrial_share = mitochondrial[cell] / fragments[cell];
    }
    return quality;
}

DoubleMatrix as_double(CountMatrix counts) {
    DoubleMatrix result;
    result.rows = counts.rows;
    result.cols = counts.cols;
    result.indptr = std::move(counts.indptr);
    result.indices = std::move(counts.indices);
    result.values.assign(counts.values.begin(), counts.values.end());
    return result;
}

}  // namespace

SampleCells count_fragments_on_model(const AnnotateOptions& options, const ModelFolder& model,
                                     const std::optional<std::vector<std::string>>& wanted,
                                     const RunContext& context) {
    auto counted = count_sample(plan_for(options, model, wanted), context);
    if (counted.cells.size() == 0)
        throw InputError(options.input.string(),
                         "none of its " + with_commas(static_cast<std::int64_t>(counted.qc.size())) +
                             " barcodes has " + with_commas(options.min_fragments) + " fragments",
                         "lower --min-fragments, or name the cells with --cells");
    SampleCells sample;
    sample.quality = quality_of(counted.cells);
    sample.counts = as_double(counted.peaks.make()->matrix());
    sample.open = open_peaks_of(sample.counts);
    sample.obs = std::move(counted.cells);
    sample.summary = {{"kind", "fragments"},
                      {"fragments", counted.fragments},
                      {"barcodes", counted.qc.size()},
                      {"cells", sample.obs.size()},
                      {"listed_cells_without_fragments", counted.listed_cells_without_fragments},
                      {"fragments_on_unknown_contigs", 0}};
    std::int64_t unknown = 0;
    for (const auto& contig : counted.unknown_contigs) unknown += contig.second;
    sample.summary["fragments_on_unknown_contigs"] = unknown;
    return sample;
}

}  // namespace epi
