#include "tools/commands/commands.hpp"

#include "tools/command.hpp"

namespace epi {

void add_all_data_commands(CommandLine& line) {
    add_simulate_command(line);
    add_peaks_command(line);
    add_fragments_command(line);
    add_count_command(line);
    add_genes_command(line);
    add_select_command(line);
    add_label_command(line);
    add_pack_command(line);
    add_atlas_command(line);
    add_baseline_command(line);
    add_evaluate_command(line);
    add_report_command(line);
    add_doctor_command(line);
}

}  // namespace epi
