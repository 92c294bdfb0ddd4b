#include "pipeline/nn/import_model.hpp"

#include "tools/command.hpp"
#include "tools/nn_commands/nn_commands.hpp"

namespace epi {
namespace {

void bind_import_model(CLI::App& app, ImportModelOptions& options) {
    app.add_option("FILE", options.checkpoint, "Checkpoint (.pth) of the reference implementation")
        ->required();
    app.add_option("--atac-vocab", options.atac_vocab, "Peak name -> id, JSON")->required();
    app.add_option("--rna-vocab", options.rna_vocab, "Gene name -> id, JSON")->required();
    app.add_option("--chr-vocab", options.chr_vocab,
                   "Chromosome -> id, JSON; needed with chromosome embedding");
    app.add_option("--cell-type-vocab", options.cell_type_vocab, "Cell type -> id, JSON")->required();
    app.add_option("--batch-vocab", options.batch_vocab, "Batch -> id, JSON; default: batch_0, batch_1, ...");
    app.add_option("--gene2chr", options.gene2chr,
                   "Gene name -> chromosome, JSON; needed with chromosome embedding");
    app.add_option("--heads", options.heads, "Attention heads of the model");
    add_output(app, options.output, "Model folder to write")->required();
}

void run_import_model(const ImportModelOptions& options, const RunContext& context) {
    import_model(options, context);
    context.note("wrote " + options.output.string());
}

}  // namespace

void add_import_model_command(CommandLine& line) {
    line.add_command<ImportModelOptions>(
        {"import-model",
         "Make a model folder of a checkpoint of the reference implementation",
         {"epifoundry import-model pretrain.pth --atac-vocab atac_vocab.json --rna-vocab rna_vocab.json "
          "--chr-vocab chr_vocab.json --cell-type-vocab cell_type_vocab.json --gene2chr gene2chr.json -o "
          "model/"}},
        bind_import_model, run_import_model);
}

}  // namespace epi
