#include "pipeline/label.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_label(CLI::App& app, LabelOptions& options) {
    app.add_option("--atac", options.atac, "cells x peaks (.h5ad)")->required();
    app.add_option("--rna", options.rna, "cells x genes of the same cells (.h5ad)");
    app.add_option("--cells", options.cells, "only these, as 'epifoundry select' writes them");
    auto* reference =
        app.add_option("--reference", options.reference,
                       "log-normalised expression of known cell types, genes x types: names the clusters");
    auto* labels = app.add_option("--labels", options.labels, "a table that has the labels (or an .h5ad)");
    reference->excludes(labels);
    app.add_option("--cell-column", options.cell_column,
                   "its column of cell names (default: barcode, else cell)")
        ->needs(labels);
    app.add_option("--label-column", options.label_column, "its column of labels");
    app.add_option("--unlabelled", options.unlabelled,
                   "a label that means none, e.g. Unknown; may be repeated");
    app.add_option("--resolution", options.resolution, "of the clustering: more gives more clusters")
        ->check(CLI::PositiveNumber);
    app.add_option("--variable-genes", options.graph.variable_genes, "genes that the PCA uses")
        ->check(CLI::Range(2, 1000000));
    app.add_option("--pca-components", options.graph.pca_components, "principal components of the RNA")
        ->check(CLI::Range(1, 1000));
    app.add_option("--lsi-components", options.graph.lsi_components,
                   "LSI components of the peaks; the first is left out")
        ->check(CLI::Range(2, 1000));
    app.add_option("--min-peak-count", options.graph.min_peak_count,
                   "peaks with a total above this take part in the LSI");
    app.add_option("--reference-genes", options.reference_genes,
                   "genes that vary most over the reference, to correlate on")
        ->check(CLI::Range(2, 1000000));
    add_output(app, options.output, "the folder to write: labels.tsv, embeddings.h5ad, label.json");
}

void execute_label(const LabelOptions& options, const RunContext& context) {
    run_label(options, context);
}

}  // namespace

void add_label_command(CommandLine& line) {
    line.add_command<LabelOptions>(
        {"label",
         "Cluster cells by RNA and ATAC, and name their types",
         {"epifoundry label --atac counts/peaks.h5ad --rna rna.h5ad --cells select/cells.tsv "
          "--reference pbmc.tsv -o label/",
          "epifoundry label --atac counts/peaks.h5ad --rna rna.h5ad --labels types.tsv --cell-column cell "
          "--label-column lineage -o label/"}},
        bind_label, execute_label);
}

}  // namespace epi
