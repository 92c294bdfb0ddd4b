#include "counts/overlap_counter.hpp"

#include <algorithm>

namespace epi {
namespace {

constexpr std::size_t kSmallest = 1024;  // pairs that are worth a block of their own

}  // namespace

void OverlapCounter::consume(const FragmentBatch& batch) {
    consume_any<false>(batch, nullptr);
}

void OverlapCounter::consume_peaks(FragmentBatch& batch) {
    consume_any<true>(batch, &batch);
}

void OverlapCounter::flush() {
    store_->add(lane_, order_, pairs_);
    pairs_.clear();
}

template <bool totals>
void OverlapCounter::consume_any(const FragmentBatch& batch, FragmentBatch* result) {
    switch (rule_) {
        case CountingRule::Signac:
            return consume_by<CountingRule::Signac, totals>(batch, result);
        case CountingRule::Arc:
            return consume_by<CountingRule::Arc, totals>(batch, result);
        case CountingRule::Insertion:
            return consume_by<CountingRule::Insertion, totals>(batch, result);
        case CountingRule::Fragment:
            return consume_by<CountingRule::Fragment, totals>(batch, result);
    }
}

template <CountingRule rule, bool totals>
void OverlapCounter::consume_by(const FragmentBatch& batch, FragmentBatch* result) {
    if (batch.chrom != chrom_ && pairs_.size() >= kSmallest) flush();
    chrom_ = batch.chrom;
    for (std::size_t i = 0; i < batch.size; ++i) {
        const auto start = batch.start[i], end = batch.end[i];
        std::uint32_t overlaps = 0;
        bool left = false, right = false;
        const auto visit = [&](const IntervalIndex::Entry& feature) {
            if constexpr (totals) {
                overlaps += (start < feature.end) & (end > feature.start) ? 1U : 0U;
                left |= (start >= feature.start) & (start < feature.end);
                right |= (end > feature.start) & (end <= feature.end);
            }
            const auto barcode = batch.barcode[i];
            if (batch.wanted != nullptr && batch.wanted[barcode] == 0) return;
            for (auto count = counted<rule>(start, end, feature.start, feature.end); count > 0; --count)
                pairs_.push_back({barcode, feature.id});
        };
        // Wide enough: `end` itself is a cut site of Arc, and the right cut of an empty fragment lies before
        // its start.
        const bool wide = rule == CountingRule::Arc || start == end;
        features_.overlaps(batch.chrom, wide ? std::min(start, end - 1) : start, wide ? end + 1 : end, visit);
        if constexpr (totals) {
            result->peak_overlaps[i] = overlaps;
            result->peak_cuts[i] = static_cast<std::uint8_t>((left ? 1 : 0) + (right ? 1 : 0));
        }
    }
}

}  // namespace epi
