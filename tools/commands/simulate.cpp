#include "pipeline/simulate.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_realism(CLI::App& app, SimulationParameters& parameters) {
    const auto add = [&](const char* name, double& value, const char* help) {
        app.add_option(name, value, help)->group("Realism");
    };
    add("--background", parameters.background, "Barcodes without a cell, per good cell");
    add("--background-depth", parameters.background_depth, "Median fragments of a barcode without a cell");
    add("--low-quality", parameters.low_quality, "Poor cells per good cell");
    add("--doublets", parameters.doublets, "Doublets per good cell");
    add("--peak-fraction", parameters.peak_fraction,
        "Share of a good cell's nuclear fragments that is in peaks");
    add("--variable-peaks", parameters.variable_peaks, "Share of peaks that differ between cell types");
    add("--lineage-effect", parameters.lineage_effect,
        "Sd of log fold changes between lineages of cell types");
    add("--type-effect", parameters.type_effect, "Sd of log fold changes between cell types of a lineage");
    add("--state-effect", parameters.state_effect,
        "Sd of log fold changes of states found in all cell types");
    add("--donor-effect", parameters.donor_effect, "Sd of log fold changes between donors");
    add("--batch-effect", parameters.batch_effect, "Sd of log fold changes between batches");
    add("--rna-depth", parameters.rna_depth, "Median RNA molecules of a good cell");
}

void bind_simulate(CLI::App& app, SimulateOptions& options) {
    auto& parameters = options.parameters;
    add_output(app, options.output, "Folder to write");
    app.add_option("--samples", parameters.samples, "Samples, named D1, D2, ...");
    app.add_option("--cells", parameters.cells, "Good cells per sample");
    app.add_option("--peaks", parameters.peaks, "Peaks; the genome grows with them");
    app.add_option("--genes", parameters.genes, "Genes");
    app.add_option("--cell-types", parameters.cell_types, "Cell types, two to a lineage");
    app.add_option("--batches", parameters.batches,
                   "Batches, over which samples are spread; 0: two, or one for a single sample");
    app.add_option("--donors", parameters.donors, "Donors, over which samples are spread; 0: one per sample");
    app.add_option("--depth", parameters.depth, "Median fragments of a good cell");
    app.add_flag("--fragments-only", options.fragments_only, "No RNA");
    bind_realism(app, parameters);
}

void run_simulate(const SimulateOptions& options, const RunContext& context) {
    simulate(options, context);
}

}  // namespace

void add_simulate_command(CommandLine& line) {
    line.add_command<SimulateOptions>(
        {"simulate",
         "Make paired RNA and ATAC samples with known cell types, peaks and links, on a small genome",
         {"epifoundry simulate -o simulated/",
          "epifoundry simulate --samples 2 --cells 100 --peaks 500 --genes 100 --seed 7 -o small/",
          "epifoundry simulate --samples 1 --cells 6000 --peaks 50000 --depth 5000 --fragments-only -o "
          "large/"}},
        bind_simulate, run_simulate);
}

}  // namespace epi
