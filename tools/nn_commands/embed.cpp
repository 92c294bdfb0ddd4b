#include "pipeline/nn/embed.hpp"

#include "tools/command.hpp"
#include "tools/nn_commands/nn_commands.hpp"

namespace epi {
namespace {

void bind_embed(CLI::App& app, EmbedOptions& options) {
    app.add_option("input", options.input,
                   "Atlas folder, .h5mu or .h5ad of cells x peaks (not with --regions)");
    app.add_option("--model", options.model, "Model folder")->required();
    app.add_flag("--regions", options.regions, "Embed the model's peaks instead of cells");
    app.add_option("--min-mapped", options.min_mapped,
                   "Least share of a file's open entries that must overlap the model's peaks")
        ->check(CLI::Range(0.0, 1.0));
    add_output(app, options.output, "FILE.h5ad with obsm[\"X_epifoundry\"]");
}

void run_embed(const EmbedOptions& options, const RunContext& context) {
    embed(options, context);
}

}  // namespace

void add_embed_command(CommandLine& line) {
    line.add_command<EmbedOptions>({"embed",
                                    "Embed cells, or the model's own regions, with a trained model",
                                    {"epifoundry embed atlas/ --model model/ -o embedding.h5ad",
                                     "epifoundry embed sample.h5mu --model model/ -o embedding.h5ad",
                                     "epifoundry embed --regions --model model/ -o regions.h5ad"}},
                                   bind_embed, run_embed);
}

}  // namespace epi
