#include "genome/interval_index.hpp"

#include <limits>

#include "core/error.hpp"

namespace epi {
namespace {

constexpr std::int64_t kLimit = std::numeric_limits<std::int32_t>::max();

}  // namespace

IntervalIndex::IntervalIndex(std::span<const Interval> intervals, std::size_t chromosomes)
    : chromosomes_(chromosomes) {
    for (std::uint32_t id = 0; id < intervals.size(); ++id) {
        const auto& interval = intervals[id];
        check(interval.chrom < chromosomes && interval.start <= interval.end && interval.start >= -kLimit &&
                  interval.end <= kLimit,
              "IntervalIndex: intervals within 32 bits on chromosomes that exist");
        chromosomes_[interval.chrom].entries_.push_back(
            {static_cast<std::int32_t>(interval.start), static_cast<std::int32_t>(interval.end), id});
    }
    for (auto& one : chromosomes_) {
        auto& entries = one.entries_;
        if (entries.empty()) continue;
        std::stable_sort(entries.begin(), entries.end(),
                         [](const Entry& a, const Entry& b) { return a.start < b.start; });
        one.buckets_.resize(
            (static_cast<std::size_t>(std::max(entries.back().start, 0)) >> OneChromosome::kBucketBits) + 2,
            static_cast<std::uint32_t>(entries.size()));
        std::size_t bucket = 0;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto start = static_cast<std::size_t>(std::max(entries[i].start, 0));
            while (bucket <= start >> OneChromosome::kBucketBits)
                one.buckets_[bucket++] = static_cast<std::uint32_t>(i);
            auto left = static_cast<std::int32_t>(i) - 1;
            while (left >= 0 && entries[static_cast<std::size_t>(left)].end <= entries[i].end)
                left = one.left_[static_cast<std::size_t>(left)];
            one.left_.push_back(left);
        }
    }
}

}  // namespace epi
