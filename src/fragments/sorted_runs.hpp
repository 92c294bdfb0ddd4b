#pragma once
#include <algorithm>
#include <cstdint>
#include <queue>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "io/temporary_file.hpp"

namespace epi {

// Sorted runs of values on the disk, and the one sorted sequence that they make together.
template <class T>
class SortedRuns {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    void add(std::span<const T> sorted) {
        if (!sorted.empty())
            runs_.push_back({file_.append(sorted.data(), sorted.size_bytes()), sorted.size()});
    }
    bool empty() const { return runs_.empty(); }

    // Calls visit(value) in order; of equal values those of earlier runs first. Holds at most `memory_bytes`,
    // or 64 values of each run.
    template <class Less, class Visit>
    void merge(Less less, std::uint64_t memory_bytes, Visit visit) const {
        const auto share = runs_.empty() ? 1 : memory_bytes / sizeof(T) / runs_.size();
        std::vector<Cursor> cursors;
        for (const auto& run : runs_) cursors.push_back({run, {}, 0});
        const auto later = [&](std::size_t a, std::size_t b) {
            if (less(cursors[b].value(), cursors[a].value())) return true;
            return !less(cursors[a].value(), cursors[b].value()) && b < a;
        };
        std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
        for (std::size_t i = 0; i < cursors.size(); ++i)
            if (fill(cursors[i], share)) next.push(i);
        while (!next.empty()) {
            const auto i = next.top();
            next.pop();
            const T value = cursors[i].value();
            ++cursors[i].at;
            if (cursors[i].at < cursors[i].values.size() || fill(cursors[i], share)) next.push(i);
            visit(value);
        }
    }

  private:
    struct Run {
        std::uint64_t offset = 0;
        std::size_t size = 0;
    };
    struct Cursor {
        Run rest;  // not yet read
        std::vector<T> values;
        std::size_t at = 0;
        const T& value() const { return values[at]; }
    };

    bool fill(Cursor& cursor, std::uint64_t share) const {
        const auto n = std::min<std::uint64_t>(cursor.rest.size, std::max<std::uint64_t>(share, 64));
        if (n == 0) return false;
        cursor.values.resize(n);
        cursor.at = 0;
        file_.read(cursor.rest.offset, cursor.values.data(), n * sizeof(T));
        cursor.rest = {cursor.rest.offset + n * sizeof(T), cursor.rest.size - n};
        return true;
    }

    TemporaryFile file_;
    std::vector<Run> runs_;
};

}  // namespace epi
