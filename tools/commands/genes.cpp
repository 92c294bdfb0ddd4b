#include "pipeline/genes.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_genes(CLI::App& app, GenesOptions& options) {
    app.add_option("INPUT", options.input, "10x .h5, MEX folder, .h5ad or .h5mu, told apart by content")
        ->required();
    app.add_option(
        "--gene-table", options.gene_table,
        "gene table, GTF or BED6: the genes of the output and their order (matched by gene id, then "
        "by name; genes that are not in INPUT are zero)");
    add_output(app, options.output, "the .h5ad to write: cells x genes, raw counts")->required();
}

void execute_genes(const GenesOptions& options, const RunContext& context) {
    run_genes(options, context);
}

}  // namespace

void add_genes_command(CommandLine& line) {
    line.add_command<GenesOptions>(
        {"genes",
         "Read RNA counts onto one fixed gene table",
         {"epifoundry genes filtered_feature_bc_matrix.h5 --gene-table genes.tsv -o rna.h5ad",
          "epifoundry genes filtered_feature_bc_matrix/ --gene-table genes.gtf.gz -o rna.h5ad"}},
        bind_genes, execute_genes);
}

}  // namespace epi
