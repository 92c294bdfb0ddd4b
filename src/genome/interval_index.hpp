#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "genome/interval.hpp"

namespace epi {

// Finds the intervals that a range overlaps, in any order of queries, fastest where these ascend. Intervals
// may overlap and repeat, and start below 0.
class IntervalIndex {
  public:
    struct Entry {
        std::int32_t start, end;
        std::uint32_t id;  // position in the input
    };

    // The intervals of one chromosome.
    class OneChromosome {
      public:
        // Calls visit(entry) once for each interval with start < `end` and end > `start`, in no promised
        // order. start <= end.
        template <class Visit>
        void overlaps(std::int32_t start, std::int32_t end, Visit&& visit) const {
            const auto after = first_after(start);
            visit_open(start, after, [&](const Entry& entry) {
                if (entry.start < end) visit(entry);
            });
            for (auto i = static_cast<std::size_t>(after); i < entries_.size() && entries_[i].start < end;
                 ++i)
                if (entries_[i].end > start) visit(entries_[i]);
        }

        // All, by start.
        std::span<const Entry> entries() const { return entries_; }

        // How many intervals start at or before `position`.
        std::ptrdiff_t first_after(std::int32_t position) const {
            if (position < 0)
                return std::upper_bound(entries_.begin(), entries_.end(), position, before) -
                       entries_.begin();
            const auto bucket =
                std::min(static_cast<std::size_t>(position) >> kBucketBits, buckets_.size() - 2);
            const auto* const begin = entries_.data() + buckets_[bucket];
            const auto* const end = entries_.data() + buckets_[bucket + 1];
            if (end - begin > 8) return std::upper_bound(begin, end, position, before) - entries_.data();
            const auto* at = begin;
            while (at < end && at->start <= position) ++at;
            return at - entries_.data();
        }

        // Calls visit(entry) for those of the first `after` = first_after(start) that end behind `start`,
        // from the last on.
        template <class Visit>
        void visit_open(std::int32_t start, std::ptrdiff_t after, Visit&& visit) const {
            for (auto i = after - 1; i >= 0;) {
                const Entry& entry = entries_[static_cast<std::size_t>(i)];
                const bool open = entry.end > start;
                if (open) visit(entry);
                i = open ? i - 1 : left_[static_cast<std::size_t>(i)];  // over what ends no later
            }
        }

      private:
        friend class IntervalIndex;
        static constexpr int kBucketBits = 14;

        static bool before(std::int32_t position, const Entry& entry) { return position < entry.start; }

        std::vector<Entry> entries_;      // by start
        std::vector<std::int32_t> left_;  // the nearest entry before that ends later; -1
        // Entries that start before bucket b of 16 kb; one more at the end.
        std::vector<std::uint32_t> buckets_;
    };

    IntervalIndex() = default;
    // InternalError for coordinates that 32 bits do not hold (the readers refuse them).
    IntervalIndex(std::span<const Interval> intervals, std::size_t chromosomes);

    // Null where the chromosome has no intervals.
    const OneChromosome* on(std::uint32_t chrom) const {
        if (chrom >= chromosomes_.size() || chromosomes_[chrom].entries_.empty()) return nullptr;
        return &chromosomes_[chrom];
    }

    // As OneChromosome's; a chromosome that the index does not have has no intervals.
    template <class Visit>
    void overlaps(std::uint32_t chrom, std::int32_t start, std::int32_t end, Visit&& visit) const {
        if (const auto* intervals = on(chrom)) intervals->overlaps(start, end, visit);
    }

  private:
    std::vector<OneChromosome> chromosomes_;
};

}  // namespace epi
