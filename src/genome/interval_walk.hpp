#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "genome/interval_index.hpp"

namespace epi {

// IntervalIndex::overlaps for ranges that mostly ascend, as the fragments of a sorted file do: nearly all of
// them begin between the same two borders of intervals as the one before, and nothing has to be looked up.
class IntervalWalk {
  public:
    // `index` must outlive this.
    explicit IntervalWalk(const IntervalIndex& index) : index_(&index) {}

    // As IntervalIndex::overlaps, in any order of ranges.
    template <class Visit>
    void overlaps(std::uint32_t chrom, std::int32_t start, std::int32_t end, Visit&& visit) {
        if (start < from_ || start >= to_ || chrom != chrom_) go_to(chrom, start);
        for (const auto& entry : open_)
            if (entry.start < end) visit(entry);
        if (next_start_ < end) visit_next(end, start, visit);
    }

  private:
    using Entry = IntervalIndex::Entry;
    static constexpr std::int32_t kLast = std::numeric_limits<std::int32_t>::max();

    // Those that start within the range.
    template <class Visit>
    void visit_next(std::int32_t end, std::int32_t start, Visit&& visit) const {
        for (const auto* next = next_; next != behind_ && next->start < end; ++next)
            if (next->end > start) visit(*next);
    }
    void go_to(std::uint32_t chrom, std::int32_t start);

    const IntervalIndex* index_;
    // For ranges on this chromosome that start in [from_, to_) the rest holds.
    std::uint32_t chrom_ = 0;
    std::int32_t from_ = 0, to_ = 0;
    std::vector<Entry> open_;                          // start at or before and end behind
    const Entry *next_ = nullptr, *behind_ = nullptr;  // start later
    std::int32_t next_start_ = kLast;                  // of the first of these
};

}  // namespace epi
