#pragma once

namespace epi {

class CommandLine;

// One function per command that needs LibTorch, each in the file of its name, in the order of the data.
void add_doctor_nn_command(CommandLine& line);

void add_all_nn_commands(CommandLine& line);

}  // namespace epi
