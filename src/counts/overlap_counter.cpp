#include "counts/overlap_counter.hpp"

namespace epi {

OverlapCounter::OverlapCounter(std::span<const Interval> features, std::size_t chromosomes, CountingRule rule,
                               std::uint32_t barcode_limit)
    : index_(features, chromosomes), rule_(rule), barcode_limit_(barcode_limit), pairs_(features.size()) {}

void OverlapCounter::consume(const FragmentBatch& batch) {
    switch (rule_) {
        case CountingRule::Signac:
            return consume_by<CountingRule::Signac>(batch);
        case CountingRule::Arc:
            return consume_by<CountingRule::Arc>(batch);
        case CountingRule::Insertion:
            return consume_by<CountingRule::Insertion>(batch);
        case CountingRule::Fragment:
            return consume_by<CountingRule::Fragment>(batch);
    }
}

template <CountingRule rule>
void OverlapCounter::consume_by(const FragmentBatch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto barcode = batch.barcode[i];
        const auto start = batch.start[i], end = batch.end[i];
        std::uint32_t overlaps = 0;
        bool left = false, right = false;
        // Wide enough for every rule: `end` itself is a cut site of Arc, and the right cut of an empty
        // fragment lies before its start.
        index_.overlaps(batch.chrom[i], std::min(start, end - 1), end + 1,
                        [&](const IntervalIndex::Entry& peak) {
                            overlaps += start < peak.end && end > peak.start ? 1U : 0U;
                            left = left || (start >= peak.start && start < peak.end);
                            right = right || (end > peak.start && end <= peak.end);
                            if (barcode >= barcode_limit_) return;
                            for (auto n = counted<rule>(start, end, peak.start, peak.end); n > 0; --n)
                                pairs_.add(barcode, peak.id);
                        });
        if (overlaps == 0 && !left && !right) continue;
        if (barcode >= totals_.size()) totals_.resize(barcode + std::size_t{1});
        totals_[barcode].overlaps += overlaps;
        totals_[barcode].fragments += overlaps > 0 ? 1U : 0U;
        totals_[barcode].insertions += (left ? 1U : 0U) + (right ? 1U : 0U);
    }
}

}  // namespace epi
