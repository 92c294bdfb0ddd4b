#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "core/run_context.hpp"

namespace epi {

// Progress for people on stderr: a line that rewrites itself on a terminal, a plain line every 30 seconds
// elsewhere; nothing when quiet. Shows rate and, where the total is known, the time left.
class Terminal final : public ProgressSink {
  public:
    Terminal(std::string command, bool quiet);
    ~Terminal() override;
    void update(std::string_view what, std::uint64_t done, std::uint64_t total) override;
    void note(std::string_view line) override;
    void warn(std::string_view line) override;

  private:
    using Clock = std::chrono::steady_clock;
    void clear_bar();
    void print(std::string_view line);

    std::mutex mutex_;
    std::string command_, what_;
    bool quiet_, bars_, bar_shown_ = false;
    Clock::time_point started_, last_shown_;
};

}  // namespace epi
