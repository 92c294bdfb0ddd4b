#include "fragments/duplicate_filter.hpp"

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {

bool DuplicateFilter::insert(const Slot& fragment) {
    const auto low = (std::uint64_t{fragment.chrom} << 32) | fragment.barcode;
    const auto high =
        (static_cast<std::uint64_t>(fragment.start) << 32) | static_cast<std::uint32_t>(fragment.end);
    for (std::size_t i = mix(low, high) & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
        if (slots_[i] == fragment) return false;
        if (slots_[i].start >= 0) continue;
        slots_[i] = fragment;
        ++used_;
        return true;
    }
}

void DuplicateFilter::grow() {
    // Both tables exist while the entries move.
    if (slots_.size() * 3 * sizeof(Slot) > memory_bytes_)
        throw ResourceError("--dedup", "the distinct fragments do not fit into the memory allowed",
                            "give more with --memory, or remove the duplicates before");
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    used_ = 0;
    for (const Slot& slot : old)
        if (slot.start >= 0) insert(slot);
}

void DuplicateFilter::filter(FragmentBatch& batch) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < batch.size; ++i) {
        if (!insert({batch.chrom, batch.barcode[i], batch.start[i], batch.end[i]})) continue;
        if (used_ * 2 > slots_.size()) grow();
        batch.start[kept] = batch.start[i];
        batch.end[kept] = batch.end[i];
        batch.barcode[kept] = batch.barcode[i];
        batch.reads[kept] = batch.reads[i];
        ++kept;
    }
    dropped_ += static_cast<std::int64_t>(batch.size - kept);
    batch.size = kept;
}

}  // namespace epi
