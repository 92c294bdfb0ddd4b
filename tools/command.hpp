#pragma once
#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/run_context.hpp"

namespace epi {

// What the first lines of `epifoundry COMMAND --help` say.
struct CommandHelp {
    std::string name;                   // "count"
    std::string about;                  // one sentence
    std::vector<std::string> examples;  // whole command lines
};

// The command line of one binary: add_command() for each command, then run().
// Options common to all commands (-@/--threads, --memory, --seed, -f/--force, -q/--quiet) are added here and
// reach the operation in its RunContext; -o/--output is bound by the command to its options struct.
class CommandLine {
  public:
    CommandLine(std::string program, std::string about);

    // `bind` declares options that write into `options`; `execute` runs the operation. Both are kept until
    // run() ends.
    template <class Options>
    void add_command(const CommandHelp& help, void (*bind)(CLI::App&, Options&),
                     void (*execute)(const Options&, const RunContext&)) {
        auto options = std::make_shared<Options>();
        CLI::App& app = declare(help);
        bind(app, *options);
        on_run(app, [options, execute](const RunContext& context) { execute(*options, context); });
    }

    // Parses argv, runs the command, returns the exit code. The only place where errors become exit codes and
    // signals are caught.
    int run(int argc, char** argv);

  private:
    CLI::App& declare(const CommandHelp& help);
    void on_run(CLI::App& app, std::function<void(const RunContext&)> action);

    CLI::App app_;
    std::function<void(const RunContext&)> chosen_;
    std::string chosen_name_;
    RunContext context_;
    std::string memory_ = "4G";
    bool quiet_ = false;
};

// Declares -o/--output. Whether it is required and whether it is a folder or a file is the command's to say
// in `help`.
CLI::Option* add_output(CLI::App& app, std::filesystem::path& output, const std::string& help);

}  // namespace epi
