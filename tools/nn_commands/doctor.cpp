#include <cstdio>

#include "pipeline/nn/doctor_nn.hpp"
#include "tools/command.hpp"
#include "tools/nn_commands/nn_commands.hpp"

namespace epi {
namespace {

void bind_doctor(CLI::App& app, DoctorOptions& options) {
    app.add_flag("--json", options.json, "JSON on stdout instead of text");
}

void run_doctor(const DoctorOptions& options, const RunContext&) {
    const auto items = examine_torch();
    const auto text = options.json ? doctor_json(items).dump(2) + "\n" : doctor_text(items);
    std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

void add_doctor_nn_command(CommandLine& line) {
    line.add_command<DoctorOptions>(
        {"doctor", "The part of `epifoundry doctor` that needs LibTorch", {"epifoundry doctor"}}, bind_doctor,
        run_doctor);
}

}  // namespace epi
