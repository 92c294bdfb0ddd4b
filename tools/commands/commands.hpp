#pragma once

namespace epi {

class CommandLine;

// One function per command that needs no LibTorch, each in the file of its name, in the order of the data.
void add_genes_command(CommandLine& line);
void add_doctor_command(CommandLine& line);

void add_all_data_commands(CommandLine& line);

}  // namespace epi
