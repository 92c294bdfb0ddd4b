#include "tools/nn_commands/nn_commands.hpp"

#include "tools/command.hpp"

namespace epi {

void add_all_nn_commands(CommandLine& line) {
    add_pretrain_command(line);
    add_finetune_command(line);
    add_import_model_command(line);
    add_embed_command(line);
    add_predict_command(line);
    add_annotate_command(line);
    add_doctor_nn_command(line);
}

}  // namespace epi
