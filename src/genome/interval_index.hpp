#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "genome/interval.hpp"

namespace epi {

// Finds the intervals that a range overlaps, in any order of queries: every chromosome is cut into buckets of
// 4,096 bp, each with all intervals that reach into it. Intervals may overlap and repeat, and start below 0.
class IntervalIndex {
  public:
    struct Entry {
        std::int32_t start, end;
        std::uint32_t id;  // position in the input
    };

    IntervalIndex() = default;
    // InternalError for coordinates that 32 bits do not hold (the readers refuse them).
    IntervalIndex(std::span<const Interval> intervals, std::size_t chromosomes);

    // Calls visit(entry) once for each interval with start < `end` and end > `start`, in no promised order.
    // start <= end; a chromosome that the index does not have has no intervals.
    template <class Visit>
    void overlaps(std::uint32_t chrom, std::int32_t start, std::int32_t end, Visit&& visit) const {
        if (chrom >= chromosomes_.size()) return;
        const auto& offsets = chromosomes_[chrom].offsets;
        if (offsets.empty()) return;
        const auto buckets = static_cast<std::int32_t>(offsets.size()) - 1;
        const auto first = std::max(start, 0) >> kBucketBits;
        const auto last = std::min(std::max({start, end - 1, 0}) >> kBucketBits, buckets - 1);
        for (auto bucket = first; bucket <= last; ++bucket) {
            for (auto i = offsets[bucket]; i < offsets[bucket + 1]; ++i) {
                const Entry& entry = chromosomes_[chrom].entries[i];
                if (entry.start >= end || entry.end <= start) continue;
                // An interval in several of the buckets is visited in the first of them.
                if (bucket > first && entry.start >> kBucketBits < bucket) continue;
                visit(entry);
            }
        }
    }

    bool any_overlap(std::uint32_t chrom, std::int32_t start, std::int32_t end) const {
        bool any = false;
        overlaps(chrom, start, end, [&any](const Entry&) { any = true; });
        return any;
    }

  private:
    static constexpr int kBucketBits = 12;
    struct OneChromosome {
        std::vector<std::uint32_t> offsets;  // buckets + 1; empty without intervals
        std::vector<Entry> entries;
    };
    std::vector<OneChromosome> chromosomes_;
};

}  // namespace epi
