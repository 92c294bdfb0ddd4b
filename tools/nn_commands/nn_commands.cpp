#include "tools/nn_commands/nn_commands.hpp"

#include "tools/command.hpp"

namespace epi {

void add_all_nn_commands(CommandLine&) {}

}  // namespace epi
