#include "tools/terminal.hpp"

#include <unistd.h>

#include <cstdio>

#include "core/text.hpp"

namespace epi {
namespace {

std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t total, double seconds) {
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    std::string line = std::string(what) + " " + with_commas(static_cast<std::int64_t>(done));
    if (total > 0) {
        line += "/" + with_commas(static_cast<std::int64_t>(total)) + " (" +
                std::to_string(100 * done / total) + " %)";
    }
    line += ", " + with_commas(static_cast<std::int64_t>(rate)) + "/s";
    if (total > done && rate > 0)
        line += ", " + format_duration(static_cast<double>(total - done) / rate) + " left";
    return line;
}

}  // namespace

Terminal::Terminal(std::string command, bool quiet)
    : command_(std::move(command)),
      quiet_(quiet),
      bars_(isatty(STDERR_FILENO) == 1),
      started_(Clock::now()),
      last_shown_(Clock::now()) {}

Terminal::~Terminal() {
    clear_bar();
}

void Terminal::clear_bar() {
    if (bar_shown_) std::fputs("\r\033[K", stderr);
    bar_shown_ = false;
}

void Terminal::print(std::string_view line) {
    clear_bar();
    std::fprintf(stderr, "%s: %.*s\n", command_.c_str(), static_cast<int>(line.size()), line.data());
}

void Terminal::update(std::string_view what, std::uint64_t done, std::uint64_t total) {
    if (quiet_) return;
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (what != what_) {
        what_ = what;
        started_ = now;
        last_shown_ = now;
    }
    const std::chrono::duration<double> since_shown = now - last_shown_;
    if (since_shown.count() < (bars_ ? 0.2 : 30.0)) return;
    last_shown_ = now;
    const std::chrono::duration<double> elapsed = now - started_;
    const auto line = progress_line(what, done, total, elapsed.count());
    if (!bars_) return print(line);
    std::fprintf(stderr, "\r\033[K%s: %s", command_.c_str(), line.c_str());
    std::fflush(stderr);
    bar_shown_ = true;
}

void Terminal::note(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (!quiet_) print(line);
}

void Terminal::warn(std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (!quiet_) print("warning: " + std::string(line));
}

}  // namespace epi
