#include "tools/commands/commands.hpp"

#include "tools/command.hpp"

namespace epi {

void add_all_data_commands(CommandLine& line) {
    add_genes_command(line);
    add_doctor_command(line);
}

}  // namespace epi
