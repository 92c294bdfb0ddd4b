#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/error.hpp"

namespace epi {

// How processes that work together notice that one of them is gone, however it ended: each counts up in a
// small table that one of them serves over TCP, and looks whether the others do. Also hands values of process
// 0 to the others.
class Lifeline {
  public:
    struct Address {
        std::string host;
        int port = 0;             // 0, for the process that serves: any that is free
        bool served_by_0 = true;  // false: the launcher serves such a table there already (torchrun)
    };
    // Connects all processes; waits up to two minutes for them. ResourceError naming the address.
    Lifeline(int rank, int size, const Address& address);
    ~Lifeline();
    Lifeline(const Lifeline&) = delete;
    Lifeline& operator=(const Lifeline&) = delete;

    int port() const;
    // The bytes that process 0 gave for this name; those of others are ignored.
    std::vector<std::uint8_t> from_first(const std::string& name, const std::vector<std::uint8_t>& bytes);

    // From now on looks after the others, every `every`; one that did not count up at `misses` looks is gone.
    // Counted in looks and not in time: a job that was suspended as a whole goes on.
    void watch(std::chrono::milliseconds every = std::chrono::seconds(2), int misses = 12);
    bool lost() const { return lost_.load(); }
    // "process 1 of 4 does not answer any more"; where lost().
    std::string loss() const;

  private:
    struct Table;
    void look(std::chrono::milliseconds every, int misses);
    void lose(const std::string& what);
    ResourceError no_answer(const std::exception& error) const;

    int rank_, size_;
    std::unique_ptr<Table> table_;
    std::atomic<bool> lost_{false};
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool ending_ = false;
    std::string loss_;
    std::thread thread_;
};

}  // namespace epi
