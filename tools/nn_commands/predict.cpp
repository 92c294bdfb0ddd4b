#include "pipeline/nn/predict.hpp"

#include "tools/command.hpp"
#include "tools/nn_commands/nn_commands.hpp"

namespace epi {
namespace {

void bind_predict(CLI::App& app, PredictOptions& options) {
    app.add_option("input", options.input, "Atlas folder, .h5mu or .h5ad of cells x peaks")->required();
    app.add_option("--model", options.model, "Model folder")->required();
    app.add_option("--task", options.task, "cell-type, or expression of every gene of the model");
    app.add_option("--min-confidence", options.min_confidence,
                   "Cells below are `unassigned` (default: as fitted by finetune)")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--min-mapped", options.min_mapped,
                   "Least share of a file's open entries that must overlap the model's peaks")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--prior-correction", options.prior_correction,
                   "Expression: the share of genes that a cell expresses, to correct P(expressed); 0: off");
    add_output(app, options.output, "FILE.h5ad; predictions.tsv is written beside it for cell types");
}

void run_predict(const PredictOptions& options, const RunContext& context) {
    predict(options, context);
}

}  // namespace

void add_predict_command(CommandLine& line) {
    line.add_command<PredictOptions>(
        {"predict",
         "Predict cell types or gene expression from open peaks",
         {"epifoundry predict atlas/ --model model/ --task cell-type -o predictions.h5ad",
          "epifoundry predict sample.h5ad --model model/ --task expression --prior-correction 0.06 -o "
          "rna.h5ad"}},
        bind_predict, run_predict);
}

}  // namespace epi
