#include "pipeline/nn/pretrain.hpp"

#include "tools/nn_commands/nn_commands.hpp"
#include "tools/nn_commands/training_options.hpp"

namespace epi {
namespace {

void bind_pretrain(CLI::App& app, PretrainOptions& options) {
    app.add_option("ATLAS", options.atlas, "Atlas folder (or .h5mu) of paired cells")->required();
    app.add_option("--preset", options.preset, "Settings to start from")
        ->check(CLI::IsMember(preset_names()));
    bind_training(app, options);
}

void run_pretrain(const PretrainOptions& options, const RunContext& context) {
    report_training(options, pretrain(options, context), context);
}

}  // namespace

void add_pretrain_command(CommandLine& line) {
    line.add_command<PretrainOptions>(
        {"pretrain",
         "Train a network to tell expressed genes from open peaks",
         {"epifoundry pretrain atlas/ --preset small -o model/",
          "epifoundry pretrain atlas/ --preset small --epochs 30 -o model/ --resume",
          "epifoundry pretrain atlas/ --where \"tissue in [lung, 'bone marrow']\" --balance sample -o "
          "model/"}},
        bind_pretrain, run_pretrain);
}

}  // namespace epi
