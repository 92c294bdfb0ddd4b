#include "pipeline/select.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_select(CLI::App& app, SelectOptions& options) {
    auto& limits = options.thresholds;
    app.add_option("--counts", options.counts, "the folder that 'epifoundry count' wrote")->required();
    app.add_option("--rna", options.rna, "RNA of the same cells (.h5ad); without it only ATAC decides");
    app.add_option("--cells", options.cells,
                   "only these: one barcode a line, or a table with 'barcode' and 'kept' or 'is_cell'");
    app.add_option("--min-rna", limits.min_rna, "RNA counts must be above this");
    app.add_option("--max-rna", limits.max_rna, "RNA counts must be below this");
    app.add_option("--min-atac", limits.min_atac, "fragments in peaks (peak_fragments) must be above this");
    app.add_option("--max-atac", limits.max_atac, "fragments in peaks must be below this");
    app.add_option("--max-nucleosome-signal", limits.max_nucleosome_signal,
                   "nucleosome signal must be below this");
    app.add_option("--min-tss-enrichment", limits.min_tss_enrichment, "TSS enrichment must be above this");
    add_output(app, options.output, "the folder to write: cells.tsv, select.json");
}

void execute_select(const SelectOptions& options, const RunContext& context) {
    run_select(options, context);
}

}  // namespace

void add_select_command(CommandLine& line) {
    line.add_command<SelectOptions>(
        {"select",
         "Keep the good cells, with the reason for every cell dropped",
         {"epifoundry select --counts counts/ --rna rna.h5ad -o select/",
          "epifoundry select --counts counts/ --cells barcodes.tsv.gz --min-atac 500 -o select/"}},
        bind_select, execute_select);
}

}  // namespace epi
