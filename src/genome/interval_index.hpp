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
            // Those that start up to `start`, from the last on; `left` leaps over what ends no later.
            for (auto i = after - 1; i >= 0;) {
                const Entry& entry = entries_[static_cast<std::size_t>(i)];
                const bool hit = entry.end > start;
                if (hit && entry.start < end) visit(entry);
                i = hit ? i - 1 : left_[static_cast<std::size_t>(i)];
            }
            for (auto i = static_cast<std::size_t>(after); i < entries_.size() && entries_[i].start < end;
                 ++i)
                if (entries_[i].end > start) visit(entries_[i]);
        }

        // False only if no interval overlaps [start, end] (`end` included). Quick, without branches.
        bool near(std::int32_t start, std::int32_t end) const {
            const auto last = static_cast<std::int32_t>(8 * occupied_.size()) - 1;
            const auto a = std::min(std::max(start, 0) >> kNearBits, last),
                       b = std::min(end >> kNearBits, last);
            return occupied(a) + occupied(b) + (b - a > 1) != 0;
        }

      private:
        friend class IntervalIndex;
        static constexpr int kNearBits = 9, kBucketBits = 14;

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
        bool occupied(std::int32_t bin) const {
            return ((occupied_[static_cast<std::size_t>(bin) >> 3] >> (bin & 7)) & 1) != 0;
        }
        static bool before(std::int32_t position, const Entry& entry) { return position < entry.start; }

        std::vector<Entry> entries_;      // by start
        std::vector<std::int32_t> left_;  // the nearest entry before that ends later; -1
        std::vector<std::uint32_t>
            buckets_;  // entries that start before bucket b of 16 kb; one more at the end
        std::vector<std::uint8_t> occupied_;  // a bit for 512 bp; the last is 0
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

    bool any_overlap(std::uint32_t chrom, std::int32_t start, std::int32_t end) const {
        bool any = false;
        overlaps(chrom, start, end, [&any](const Entry&) { any = true; });
        return any;
    }

  private:
    std::vector<OneChromosome> chromosomes_;
};

}  // namespace epi
