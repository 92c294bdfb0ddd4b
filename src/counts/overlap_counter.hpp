#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "counts/counting_rule.hpp"
#include "counts/pair_counts.hpp"
#include "fragments/fragment_batch.hpp"
#include "genome/interval_index.hpp"

namespace epi {

// How a barcode's fragments meet the features, whatever the counting rule.
struct OverlapTotals {
    std::uint64_t overlaps = 0;    // a fragment counts once in each feature it overlaps
    std::uint32_t fragments = 0;   // that overlap at least one feature
    std::uint32_t insertions = 0;  // cuts (start and end - 1, so 0-2 a fragment) that lie in any feature
};

// Counts fragments in features (peaks, genes), which may overlap and repeat, from batches of fragments.
class OverlapCounter {
  public:
    // Only barcodes below `barcode_limit` get a row in the matrix later; totals are kept for all.
    OverlapCounter(std::span<const Interval> features, std::size_t chromosomes, CountingRule rule,
                   std::uint32_t barcode_limit = std::numeric_limits<std::uint32_t>::max());

    void consume(const FragmentBatch& batch);

    // By barcode number; may be shorter than the number of barcodes.
    const std::vector<OverlapTotals>& totals() const { return totals_; }
    // One row for each barcode number given, one column for each feature in the order given.
    CountMatrix matrix(std::span<const std::uint32_t> barcodes) { return pairs_.rows_of(barcodes); }

  private:
    template <CountingRule rule>
    void consume_by(const FragmentBatch& batch);

    IntervalIndex index_;
    CountingRule rule_;
    std::uint32_t barcode_limit_;
    std::vector<OverlapTotals> totals_;
    PairCounts pairs_;
};

}  // namespace epi
