#include "pipeline/pack.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_pack(CLI::App& app, PackOptions& options) {
    app.add_option("--atac", options.atac, "cells x peaks: .h5ad of `count`, .h5mu, 10x .h5 or MEX folder")
        ->required();
    app.add_option("--rna", options.rna, "cells x genes: .h5ad of `genes`; without it the shard has no RNA");
    app.add_option("--cells", options.cells,
                   "the cells to pack: one barcode a line, or a table with the columns barcode and kept (its "
                   "numeric columns become QC columns)");
    app.add_option("--labels", options.labels,
                   "table with the columns barcode and cell_type (empty: unlabelled)");
    app.add_option("--sample", options.sample, "name of the sample, unique in the atlas")->required();
    app.add_option("--batch", options.batch, "batch (default: the sample)");
    app.add_option("--donor", options.donor, "donor");
    app.add_option("--tissue", options.tissue, "tissue");
    app.add_option("--genome", options.genome, "genome of the peaks, kept in the shard")
        ->check(CLI::IsMember({"hg38", "hg19", "mm10"}));
    add_output(app, options.output, "the shard to write, NAME.h5mu");
}

void execute_pack(const PackOptions& options, const RunContext& context) {
    run_pack(options, context);
}

}  // namespace

void add_pack_command(CommandLine& line) {
    line.add_command<PackOptions>({"pack",
                                   "Pack one sample into one shard of the store (.h5mu)",
                                   {"epifoundry pack --atac D1/peaks.h5ad --rna D1/rna.h5ad --cells "
                                    "D1/cells.tsv --labels D1/labels.tsv "
                                    "--sample D1 --donor D1 --genome hg38 -o D1.h5mu"}},
                                  bind_pack, execute_pack);
}

}  // namespace epi
