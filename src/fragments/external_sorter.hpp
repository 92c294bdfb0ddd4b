#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "fragments/sorted_runs.hpp"

namespace epi {

// Sorts any number of values in bounded memory, and makes one of those that `join` takes together:
// join(value, next) adds `next` to `value` and returns true, or returns false. Values to be joined must be
// neighbours in the order of `less`, and joining must not depend on the order; then the result depends on
// neither the order in which values come nor the memory. What does not fit into it lies on the disk.
template <class T, class Less, class Join>
class ExternalSorter {
  public:
    ExternalSorter(std::uint64_t memory_bytes, Less less, Join join)
        : limit_(std::max<std::size_t>(memory_bytes / sizeof(T), 64)),
          memory_bytes_(memory_bytes),
          less_(less),
          join_(join) {}

    void add(const T& value) {
        if (values_.size() == limit_) {
            sort_and_join();
            if (values_.size() > limit_ / 2) {
                runs_.add(values_);
                values_.clear();
            }
        }
        if (values_.size() == values_.capacity())
            values_.reserve(std::min(limit_, std::max<std::size_t>(1024, values_.size() * 2)));
        values_.push_back(value);
    }

    // Calls visit(value) in order, and releases the memory.
    template <class Visit>
    void finish(Visit visit) {
        sort_and_join();
        if (runs_.empty()) {
            for (const auto& value : values_) visit(value);
            values_ = {};
            return;
        }
        runs_.add(values_);
        values_ = {};
        std::optional<T> last;
        runs_.merge(less_, memory_bytes_, [&](const T& value) {
            if (last && join_(*last, value)) return;
            if (last) visit(*last);
            last = value;
        });
        if (last) visit(*last);
    }

  private:
    void sort_and_join() {
        std::sort(values_.begin(), values_.end(), less_);
        std::size_t kept = 0;
        for (const auto& value : values_)
            if (kept == 0 || !join_(values_[kept - 1], value)) values_[kept++] = value;
        values_.resize(kept);
    }

    std::size_t limit_;
    std::uint64_t memory_bytes_;
    Less less_;
    Join join_;
    std::vector<T> values_;
    SortedRuns<T> runs_;
};

}  // namespace epi
