#include "pipeline/nn/finetune.hpp"

#include "tools/nn_commands/nn_commands.hpp"
#include "tools/nn_commands/training_options.hpp"

namespace epi {
namespace {

void bind_finetune(CLI::App& app, FinetuneOptions& options) {
    app.add_option("ATLAS", options.atlas, "Atlas folder (or .h5mu) on the model's peaks and genes")
        ->required();
    app.add_option("--model", options.model, "Model folder to start from")->required();
    app.add_option("--task", options.task, "What to learn")
        ->check(CLI::IsMember({"cell-type", "expression"}));
    bind_training(app, options);
}

void run_finetune(const FinetuneOptions& options, const RunContext& context) {
    report_training(options, finetune(options, context), context);
}

}  // namespace

void add_finetune_command(CommandLine& line) {
    line.add_command<FinetuneOptions>(
        {"finetune",
         "Train a model further: on cell types, or on expression levels",
         {"epifoundry finetune atlas/ --model model/ --task cell-type -o typed/",
          "epifoundry finetune atlas/ --model model/ --task cell-type --tune lora --balance cell_type -o "
          "typed/",
          "epifoundry finetune atlas/ --model model/ --task expression --tune frozen -o levels/"}},
        bind_finetune, run_finetune);
}

}  // namespace epi
