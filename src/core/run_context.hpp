#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace epi {

// Where a running operation tells people how far it is. The implementation (a bar, a line now and then,
// nothing) lives in tools; libraries only report.
class ProgressSink {
  public:
    virtual ~ProgressSink() = default;
    // `done` of `total` units (0: unknown) of `what`, e.g. ("fragments", 1200000, 0). Cheap; call every few
    // thousand.
    virtual void update(std::string_view what, std::uint64_t done, std::uint64_t total) = 0;
    // A line for people, e.g. "kept 8,012 of 9,120 cells".
    virtual void note(std::string_view line) = 0;
    virtual void warn(std::string_view line) = 0;
};

// What an operation runs with, handed down from the command line: threads, memory, seed, progress, the stop
// flag, and what provenance records. Copyable; the sink and the flag outlive it.
struct RunContext {
    int threads = 1;
    std::uint64_t memory_bytes = 4ULL << 30;
    std::uint64_t seed = 0;
    bool force = false;                     // an existing output may be replaced
    std::vector<std::string> command_line;  // as typed, for provenance
    ProgressSink* progress = nullptr;
    const std::atomic<int>* stop = nullptr;  // 0, or the exit code asked for by a signal

    void update(std::string_view what, std::uint64_t done, std::uint64_t total = 0) const {
        if (progress != nullptr) progress->update(what, done, total);
    }
    void note(std::string_view line) const {
        if (progress != nullptr) progress->note(line);
    }
    void warn(std::string_view line) const {
        if (progress != nullptr) progress->warn(line);
    }
    // Throws Interrupted if a signal came; call it in every long loop.
    void check_stop() const {
        if (stop != nullptr && stop->load(std::memory_order_relaxed) != 0) throw Interrupted(stop->load());
    }
};

}  // namespace epi
