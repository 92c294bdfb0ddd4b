#include "pipeline/doctor.hpp"

#include <array>
#include <cstdio>
#include <memory>

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"
#include "tools/sibling.hpp"

namespace epi {
namespace {

// What the half with LibTorch says of itself.
std::vector<DoctorItem> ask_nn() {
    const auto program = nn_program();
    const DoctorItem missing{"epifoundry-nn", "not beside this program", false,
                             "needed to train and to apply models; build with LibTorch (./run build)"};
    if (!std::filesystem::exists(program)) return {missing};
    const std::string command = "'" + program.string() + "' doctor --json 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    if (pipe == nullptr) return {missing};
    std::string answer;
    std::array<char, 4096> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
        answer.append(buffer.data(), got);
    return parse_doctor_items(answer);
}

void bind_doctor(CLI::App& app, DoctorOptions& options) {
    app.add_flag("--json", options.json, "JSON on stdout instead of text");
}

void run_doctor(const DoctorOptions& options, const RunContext& context) {
    const auto items = examine(context, ask_nn());
    const auto text = options.json ? doctor_json(items).dump(2) + "\n" : doctor_text(items);
    std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

void add_doctor_command(CommandLine& line) {
    line.add_command<DoctorOptions>(
        {"doctor",
         "Say which versions, devices and programs are there, and how to get what is missing",
         {"epifoundry doctor", "epifoundry doctor --json"}},
        bind_doctor, run_doctor);
}

}  // namespace epi
