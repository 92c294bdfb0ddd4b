#pragma once
#include <cstddef>
#include <functional>

namespace epi {

// Calls body(begin, end) on consecutive ranges that cover 0 .. n-1, on at most `threads` threads. The ranges
// and their order must not matter to the result: write to slot i from index i, and merge in order afterwards.
// The first exception is passed on. This is the only parallel loop of the project (TBB behind it).
void parallel_ranges(std::size_t n, int threads, const std::function<void(std::size_t, std::size_t)>& body,
                     std::size_t grain = 1);

// The same, one index at a time.
void parallel_for(std::size_t n, int threads, const std::function<void(std::size_t)>& body);

// What the scheduler or the machine allows: SLURM_CPUS_PER_TASK if set, else the CPUs this process may run
// on.
int available_threads();

}  // namespace epi
