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
    if constexpr (totals) {
        std::fill_n(result->peak_overlaps.begin(), batch.size, 0U);
        std::fill_n(result->peak_cuts.begin(), batch.size, std::uint8_t{0});
    }
    const auto* features = features_->on(batch.chrom);
    if (features == nullptr) return;
    if (batch.chrom != chrom_ && pairs_.size() >= kSmallest) flush();
    chrom_ = batch.chrom;
    std::array<std::uint16_t, FragmentBatch::kCapacity> found;
    std::size_t n = 0;
    for (std::size_t i = 0; i < batch.size; ++i) {
        found[n] = static_cast<std::uint16_t>(i);
        n += features->near(std::min(batch.start[i], batch.end[i] - 1), batch.end[i]) ? 1 : 0;
    }
    for (std::size_t k = 0; k < n; ++k) {
        const auto i = found[k];
        const auto barcode = batch.barcode[i];
        const bool wanted = batch.wanted == nullptr || batch.wanted[barcode] != 0;
        const auto start = batch.start[i], end = batch.end[i];
        std::uint32_t overlaps = 0;
        bool left = false, right = false;
        const auto visit = [&](const IntervalIndex::Entry& feature) {
            if constexpr (totals) {
                overlaps += (start < feature.end) & (end > feature.start) ? 1U : 0U;
                left |= (start >= feature.start) & (start < feature.end);
                right |= (end > feature.start) & (end <= feature.end);
            }
            if (!wanted) return;
            for (auto count = counted<rule>(start, end, feature.start, feature.end); count > 0; --count)
                pairs_.push_back({barcode, feature.id});
        };
        // Wide enough: `end` itself is a cut site of Arc, and the right cut of an empty fragment lies before
        // its start.
        const bool wide = rule == CountingRule::Arc || start == end;
        features->overlaps(wide ? std::min(start, end - 1) : start, wide ? end + 1 : end, visit);
        if constexpr (totals) {
            result->peak_overlaps[i] = overlaps;
            result->peak_cuts[i] = static_cast<std::uint8_t>((left ? 1 : 0) + (right ? 1 : 0));
        }
    }
}

}  // namespace epi
