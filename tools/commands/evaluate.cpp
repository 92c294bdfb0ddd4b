#include "pipeline/evaluate.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_evaluate(CLI::App& app, EvaluateOptions& options) {
    app.add_option("INPUT", options.input, "An .h5ad; for labels also a table such as predictions.tsv")
        ->required();
    app.add_option("TRUTH", options.expression_truth,
                   "A second .h5ad, cells x genes: score the first as its prediction");
    add_output(app, options.output, "Folder to write: metrics.json, metrics.tsv");
    const char* labels = "Labels";
    app.add_option("--truth", options.truth, "Column with the true labels")->group(labels);
    app.add_option("--predicted", options.predicted, "Column with the predicted labels")->group(labels);
    app.add_option("--unassigned", options.unassigned, "The prediction that is no answer")->group(labels);
    app.add_option("--by", options.by, "Score labels also in each group of this column")->group(labels);
    const char* embedding = "Embedding";
    app.add_option("--embedding", options.embedding, "Key of obsm, or X")->group(embedding);
    app.add_option("--label", options.label, "Column with the labels that should separate")->group(embedding);
    app.add_option("--batch", options.batch, "Column with the batches that should mix")->group(embedding);
    const char* cells = "Cells";
    app.add_option("--truth-table", options.truth_table,
                   "Table with more columns of the same cells; used before those of the input")
        ->group(cells);
    app.add_option("--cell-column", options.cell_column,
                   "Column with the cell names in tables (default: barcode or cell)")
        ->group(cells);
    app.add_option("--where", options.where, "COLUMN=VALUE: only these cells (again: all must hold)")
        ->allow_extra_args(false)
        ->group(cells);
}

void run_evaluate(const EvaluateOptions& options, const RunContext& context) {
    evaluate(options, context);
}

}  // namespace

void add_evaluate_command(CommandLine& line) {
    line.add_command<EvaluateOptions>(
        {"evaluate",
         "Score predicted labels, embeddings and expression",
         {"epifoundry evaluate predictions.h5ad --truth cell_type --predicted predicted_cell_type -o scores",
          "epifoundry evaluate annotated.h5ad --truth-table D4.truth.tsv --truth cell_type "
          "--where quality=good -o scores",
          "epifoundry evaluate embedded.h5ad --embedding X_epifoundry --label cell_type --batch batch -o "
          "scores",
          "epifoundry evaluate predicted_expression.h5ad rna.h5ad -o scores"}},
        bind_evaluate, run_evaluate);
}

}  // namespace epi
