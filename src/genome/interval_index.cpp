#include "genome/interval_index.hpp"

#include <limits>
#include <numeric>

#include "core/error.hpp"

namespace epi {
namespace {

constexpr std::int64_t kLimit = std::numeric_limits<std::int32_t>::max();

}  // namespace

IntervalIndex::IntervalIndex(std::span<const Interval> intervals, std::size_t chromosomes)
    : chromosomes_(chromosomes) {
    const auto first_bucket = [](const Interval& x) {
        return static_cast<std::size_t>(std::max<std::int64_t>(x.start, 0)) >> kBucketBits;
    };
    const auto last_bucket = [](const Interval& x) {
        return static_cast<std::size_t>(std::max<std::int64_t>(x.end - 1, 0)) >> kBucketBits;
    };
    for (const auto& interval : intervals) {
        check(interval.chrom < chromosomes && interval.start <= interval.end && interval.start >= -kLimit &&
                  interval.end <= kLimit,
              "IntervalIndex: intervals within 32 bits on chromosomes that exist");
        auto& offsets = chromosomes_[interval.chrom].offsets;
        if (offsets.size() < last_bucket(interval) + 2) offsets.resize(last_bucket(interval) + 2);
        for (auto b = first_bucket(interval); b <= last_bucket(interval); ++b) ++offsets[b + 1];
    }
    std::vector<std::vector<std::uint32_t>> next(chromosomes);
    for (std::size_t c = 0; c < chromosomes; ++c) {
        auto& [offsets, entries] = chromosomes_[c];
        std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
        entries.resize(offsets.empty() ? 0 : offsets.back());
        next[c] = offsets;
    }
    for (std::uint32_t id = 0; id < intervals.size(); ++id) {
        const auto& interval = intervals[id];
        const Entry entry{static_cast<std::int32_t>(interval.start), static_cast<std::int32_t>(interval.end),
                          id};
        for (auto b = first_bucket(interval); b <= last_bucket(interval); ++b)
            chromosomes_[interval.chrom].entries[next[interval.chrom][b]++] = entry;
    }
}

}  // namespace epi
