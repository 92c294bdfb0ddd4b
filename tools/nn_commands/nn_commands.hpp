#pragma once

namespace epi {

class CommandLine;

// One function per command that needs LibTorch, each in the file of its name, in the order of the data.
void add_pretrain_command(CommandLine& line);
void add_finetune_command(CommandLine& line);
void add_import_model_command(CommandLine& line);
void add_embed_command(CommandLine& line);
void add_predict_command(CommandLine& line);
void add_annotate_command(CommandLine& line);
void add_doctor_nn_command(CommandLine& line);

void add_all_nn_commands(CommandLine& line);

}  // namespace epi
