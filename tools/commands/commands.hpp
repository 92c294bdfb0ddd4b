#pragma once

namespace epi {

class CommandLine;

// One function per command that needs no LibTorch, each in the file of its name, in the order of the data.
void add_simulate_command(CommandLine& line);
void add_peaks_command(CommandLine& line);
void add_fragments_command(CommandLine& line);
void add_count_command(CommandLine& line);
void add_genes_command(CommandLine& line);
void add_select_command(CommandLine& line);
void add_label_command(CommandLine& line);
void add_pack_command(CommandLine& line);
void add_atlas_command(CommandLine& line);
void add_baseline_command(CommandLine& line);
void add_evaluate_command(CommandLine& line);
void add_report_command(CommandLine& line);
void add_doctor_command(CommandLine& line);

void add_all_data_commands(CommandLine& line);

}  // namespace epi
