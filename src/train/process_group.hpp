#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "train/launch.hpp"

namespace epi {

// The processes that train one network together. This class is a process alone: every function does nothing.
// What they exchange is added up in a fixed order, so that all get the same bits, run after run (with the
// same number of processes). Each function is called by all processes in the same order. ResourceError where
// another one is gone.
class ProcessGroup {
  public:
    virtual ~ProcessGroup() = default;
    virtual int rank() const { return 0; }
    virtual int size() const { return 1; }
    virtual int local_rank() const { return 0; }  // among those of this machine: the number of its card
    // Whether this is the one that writes files and talks to people.
    bool first() const { return rank() == 0; }
    bool alone() const { return size() == 1; }

    // tensor = sum over all processes. Contiguous, float32 or float64, on the device of the training.
    virtual void sum(torch::Tensor) const {}  // NOLINT(performance-unnecessary-value-param): a handle
    // tensor = that of process 0. Contiguous, any type.
    virtual void broadcast(torch::Tensor) const {}  // NOLINT(performance-unnecessary-value-param): a handle
    // The bytes of every process, by rank; each gives as many.
    virtual std::vector<std::uint8_t> gather(std::span<const std::uint8_t> own) const {
        return {own.begin(), own.end()};
    }
    // An orderly end: waits until all are here. A process that goes without it ends the others.
    virtual void finish() {}

    // The same for a few numbers on the CPU.
    virtual void sum(std::span<double>) const {}

    // What a training has that was started without a launcher.
    static const ProcessGroup& none();
};

// Where a plug-in lies and whether it can be used, for `doctor`.
struct PluginStatus {
    std::string name;     // "mpi", "nccl"
    std::string library;  // "Open MPI 4.1.4"; empty where it cannot be opened
    std::string why_not;  // then: the loader's own words
};
std::vector<PluginStatus> examine_plugins();

// Joins the processes that the launcher started: by MPI for "cpu", by NCCL for "cuda". Alone: nothing is
// loaded. ResourceError with the remedy: no such plug-in, or it cannot connect.
std::unique_ptr<ProcessGroup> join_processes(const Launch& launch, const std::string& device);

// sum() as a step of a network: gradients are summed as well.
torch::Tensor sum_with_gradient(const torch::Tensor& x, const ProcessGroup& processes);

}  // namespace epi
