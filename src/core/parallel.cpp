#include "core/parallel.hpp"

#include <sched.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/text.hpp"

namespace epi {
namespace {

using RangeBody = std::function<void(std::size_t, std::size_t)>;

#ifdef __SANITIZE_THREAD__

// The thread sanitizer does not see how a TBB that it did not compile orders its threads: plain ones instead.
void run_ranges(std::size_t n, int threads, const RangeBody& body, std::size_t grain) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr first_error;
    std::mutex mutex;
    const auto work = [&] {
        for (std::size_t begin; (begin = next.fetch_add(grain)) < n;) {
            try {
                body(begin, std::min(n, begin + grain));
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!first_error) first_error = std::current_exception();
                next = n;
            }
        }
    };
    std::vector<std::jthread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    others.clear();
    if (first_error) std::rethrow_exception(first_error);
}

#else

void run_ranges(std::size_t n, int threads, const RangeBody& body, std::size_t grain) {
    // TBB starts no more threads than the machine has cores, and says so on stderr, unless it is told to.
    using Limit = tbb::global_control;
    const auto wanted = static_cast<std::size_t>(threads);
    std::optional<Limit> raised;
    if (wanted > Limit::active_value(Limit::max_allowed_parallelism))
        raised.emplace(Limit::max_allowed_parallelism, wanted);
    tbb::task_arena arena(threads);
    arena.execute([&] {
        tbb::parallel_for(tbb::blocked_range<std::size_t>(0, n, grain),
                          [&](const auto& range) { body(range.begin(), range.end()); });
    });
}

#endif

}  // namespace

void parallel_ranges(std::size_t n, int threads, const RangeBody& body, std::size_t grain) {
    if (n == 0) return;
    if (threads <= 1 || n <= grain) return body(0, n);
    run_ranges(n, threads, body, grain);
}

void parallel_for(std::size_t n, int threads, const std::function<void(std::size_t)>& body) {
    parallel_ranges(n, threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) body(i);
    });
}

int available_threads() {
    if (const char* text = std::getenv("SLURM_CPUS_PER_TASK"))
        if (const auto cpus = parse_number<int>(text); cpus && *cpus > 0) return *cpus;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(1, CPU_COUNT(&set));
}

}  // namespace epi
