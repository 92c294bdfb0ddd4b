#pragma once
#include <cstdint>
#include <vector>

#include "counts/counting_rule.hpp"
#include "counts/pair_store.hpp"
#include "fragments/fragment_batch.hpp"
#include "genome/interval_walk.hpp"

namespace epi {

// Counts fragments in features (peaks, genes), which may overlap and repeat, from the batches of one thread.
class OverlapCounter {
  public:
    // `features` and `pairs` must outlive this; several threads may share them.
    OverlapCounter(const IntervalIndex& features, CountingRule rule, PairStore& pairs, std::size_t lane)
        : features_(features), rule_(rule), store_(&pairs), lane_(lane) {}

    // Only barcodes that the batch says are wanted get a row in the matrix later.
    void consume(const FragmentBatch& batch);
    // Writes how the fragments meet the features into the batch as well: peak_overlaps and peak_cuts, which
    // do not depend on the rule.
    void consume_peaks(FragmentBatch& batch);
    // What comes is of this part of the files.
    void begin(std::uint64_t order) { order_ = order; }
    // Hands what was found to the store.
    void flush();

  private:
    template <CountingRule rule, bool totals>
    void consume_by(const FragmentBatch& batch, FragmentBatch* result);
    template <bool totals>
    void consume_any(const FragmentBatch& batch, FragmentBatch* result);

    IntervalWalk features_;
    CountingRule rule_;
    PairStore* store_;
    std::size_t lane_;
    std::uint64_t order_ = 0;
    std::vector<Pair> pairs_;
    std::uint32_t chrom_ = 0;  // of the last batch
};

}  // namespace epi
