#include "tools/command.hpp"

#include <csignal>
#include <cstdio>
#include <new>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "tools/terminal.hpp"

namespace epi {
namespace {

// A signal handler can reach nothing but a static; everything else gets the flag through RunContext.
std::atomic<int>& stop_flag() {
    static std::atomic<int> flag{0};
    return flag;
}

extern "C" void request_stop(int signal_number) {
    stop_flag().store(signal_number == SIGINT ? 130 : 143);
    std::signal(signal_number, SIG_DFL);  // a second signal ends the process at once
}

void catch_signals() {
    for (const int signal_number : {SIGINT, SIGTERM, SIGUSR1}) std::signal(signal_number, request_stop);
    // A reader that went away and a limit on file sizes are errors of a write, told as those of a full disk.
    for (const int signal_number : {SIGPIPE, SIGXFSZ}) std::signal(signal_number, SIG_IGN);
}

int report(const std::string& command, const char* message, int code) {
    std::fprintf(stderr, "epifoundry %s: error: %s\n", command.c_str(), message);
    return code;
}

std::string one_line(std::string text) {
    for (char& c : text)
        if (c == '\n') c = ' ';
    return std::string(trim(text));
}

}  // namespace

CommandLine::CommandLine(std::string program, std::string about)
    : app_(std::move(about), std::move(program)) {
    context_.threads = available_threads();  // before the options are declared: they show their defaults
    app_.set_version_flag("--version", version());
    app_.require_subcommand(1);
    app_.failure_message(CLI::FailureMessage::simple);
    app_.get_formatter()->column_width(34);
}

CLI::App& CommandLine::declare(const CommandHelp& help) {
    CLI::App& app = *app_.add_subcommand(help.name, help.about);
    app.option_defaults()->always_capture_default();
    std::string footer = "Examples:";
    for (const auto& example : help.examples) footer += "\n  " + example;
    app.footer(footer);
    app.set_version_flag("--version", version());
    app.add_option("-@,--threads", context_.threads,
                   "Threads; by default what the scheduler or the machine allows")
        ->check(CLI::Range(1, 1024))
        ->group("Common");
    app.add_option("--memory", memory_, "Memory to keep to, as in 512M or 8G")->group("Common");
    app.add_option("--seed", context_.seed, "Seed of everything random")->group("Common");
    app.add_flag("-f,--force", context_.force, "Replace an existing output")->group("Common");
    app.add_flag("-q,--quiet", quiet_, "Nothing on stderr but an error, in one line")->group("Common");
    return app;
}

void CommandLine::on_run(CLI::App& app, std::function<void(const RunContext&)> action) {
    app.callback([this, name = app.get_name(), action = std::move(action)] {
        chosen_name_ = name;
        chosen_ = action;
    });
}

int CommandLine::run(int argc, char** argv) {
    try {
        app_.parse(argc, argv);
        const auto bytes = parse_bytes(memory_);
        if (!bytes || *bytes == 0)
            throw CLI::ValidationError("--memory", "'" + memory_ + "' is not a size such as 8G");
        context_.memory_bytes = *bytes;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app_.exit(error);
        const auto commands = app_.get_subcommands();
        const std::string name = commands.empty() ? "" : commands.front()->get_name();
        return report(name, (one_line(error.what()) + "; see --help").c_str(), 2);
    }
    context_.command_line.assign(argv, argv + argc);
    Terminal terminal(chosen_name_, quiet_);
    context_.progress = &terminal;
    context_.stop = &stop_flag();
    catch_signals();
    try {
        chosen_(context_);
        return 0;
    } catch (const Error& error) {
        return report(chosen_name_, one_line(error.what()).c_str(), error.exit_code());
    } catch (const std::bad_alloc&) {
        return report(chosen_name_, "out of memory; give a smaller --memory or a larger machine", 4);
    } catch (const std::filesystem::filesystem_error& error) {
        return report(chosen_name_, one_line(error.what()).c_str(), 4);
    } catch (const std::exception& error) {
        return report(chosen_name_,
                      ("internal error: " + one_line(error.what()) + "; please report it").c_str(), 70);
    }
}

CLI::Option* add_output(CLI::App& app, std::filesystem::path& output, const std::string& help) {
    return app.add_option("-o,--output", output, help)->required();
}

}  // namespace epi
