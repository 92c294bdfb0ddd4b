#include "pipeline/baseline.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_baseline(CLI::App& app, BaselineOptions& options) {
    app.add_option("ATLAS", options.input, "Atlas folder (or .h5mu) with cell types to learn from")
        ->required();
    app.add_option("--apply", options.apply,
                   "Other cells to place and predict, on the same peaks (peaks.h5ad of count, .h5mu); "
                   "default: all cells of ATLAS");
    add_output(app, options.output, "The .h5ad to write; predictions.tsv beside it");
    app.add_option("--method", options.method, "What is made of the peaks")
        ->check(CLI::IsMember({"lsi", "peaks"}));
    app.add_option("--classifier", options.classifier, "lsi: knn or none; peaks: logistic, naive-bayes")
        ->check(CLI::IsMember({"knn", "logistic", "naive-bayes"}));
    app.add_option("--components", options.components, "lsi: components of the SVD")
        ->check(CLI::Range(2, 1000));
    app.add_option("--neighbours", options.neighbours, "knn: neighbours that vote")
        ->check(CLI::Range(1, 1000));
    app.add_option("--c", options.c, "logistic: inverse strength of the L2 penalty")
        ->check(CLI::PositiveNumber);
    app.add_option("--alpha", options.alpha, "naive-bayes: additive smoothing")->check(CLI::PositiveNumber);
}

void run_baseline(const BaselineOptions& options, const RunContext& context) {
    baseline(options, context);
}

}  // namespace

void add_baseline_command(CommandLine& line) {
    line.add_command<BaselineOptions>(
        {"baseline",
         "Place and predict cells by simple methods",
         {"epifoundry baseline atlas --method lsi --classifier knn -o lsi/cells.h5ad",
          "epifoundry baseline atlas --method peaks --classifier logistic --apply D4/peaks.h5ad -o "
          "logistic/D4.h5ad"}},
        bind_baseline, run_baseline);
}

}  // namespace epi
