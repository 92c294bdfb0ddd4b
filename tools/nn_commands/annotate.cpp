#include "pipeline/nn/annotate.hpp"

#include "tools/command.hpp"
#include "tools/nn_commands/nn_commands.hpp"

namespace epi {
namespace {

void bind_annotate(CLI::App& app, AnnotateOptions& options) {
    app.add_option("input", options.input, "Fragment file, or counts: 10x .h5, MEX folder, .h5ad, .h5mu")
        ->required();
    app.add_option("--model", options.model, "Model folder, fine-tuned on cell types")->required();
    app.add_option("--rna", options.rna,
                   "RNA counts of the same cells (adds their depth; its barcodes are the cells)");
    app.add_option("--cells", options.cells, "The barcodes to annotate (default: by --min-fragments)");
    app.add_option("--min-fragments", options.min_fragments, "Fewest fragments of a barcode to annotate")
        ->check(CLI::NonNegativeNumber);
    app.add_option("--genome", options.genome, "Genome of the sample; must be the model's");
    app.add_option("--min-confidence", options.min_confidence,
                   "Cells below are `unassigned` (default: as fitted by finetune)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--min-mapped", options.min_mapped,
                   "Counts: least share of the open entries that must overlap the model's peaks")
        ->check(CLI::Range(0.0, 1.0));
    auto& rules = options.rules;
    const std::string group = "Cells too poor to be named (`unassigned`)";
    app.add_option("--min-tss-enrichment", rules.min_tss_enrichment, "Least TSS enrichment")->group(group);
    app.add_option("--max-nucleosome-signal", rules.max_nucleosome_signal,
                   "Most mononucleosomal per nucleosome-free fragment")
        ->group(group);
    app.add_option("--max-mitochondrial-share", rules.max_mitochondrial_share,
                   "Largest share of mitochondrial fragments")
        ->check(CLI::Range(0.0, 1.0))
        ->group(group);
    app.add_option("--min-frip-of-median", rules.min_frip_of_median,
                   "Least share of fragments in peaks, in units of the sample's median")
        ->check(CLI::NonNegativeNumber)
        ->group(group);
    app.add_option("--max-doublet-score", rules.max_doublet_score,
                   "Largest share of simulated doublets among a cell's neighbours (of cells with many peaks)")
        ->check(CLI::Range(0.0, 1.0))
        ->group(group);
    app.add_option("--plotly", options.plotly, "plotly.min.js for the report (default: found)");
    add_output(app, options.output, "Folder for annotations.tsv, annotated.h5ad, report.html, annotate.json");
}

void run_annotate(const AnnotateOptions& options, const RunContext& context) {
    annotate(options, context);
}

}  // namespace

void add_annotate_command(CommandLine& line) {
    line.add_command<AnnotateOptions>(
        {"annotate",
         "Name the cells of one new sample, from its fragment file alone",
         {"epifoundry annotate sample.fragments.tsv.gz --model model/ -o out/",
          "epifoundry annotate sample.tsv.gz --model model/ --cells barcodes.tsv.gz -o out/",
          "epifoundry annotate filtered_feature_bc_matrix.h5 --model model/ -o out/"}},
        bind_annotate, run_annotate);
}

}  // namespace epi
