#include "genome/interval_walk.hpp"

#include <algorithm>

namespace epi {

void IntervalWalk::go_to(std::uint32_t chrom, std::int32_t start) {
    chrom_ = chrom;
    from_ = start;
    to_ = next_start_ = kLast;
    next_ = behind_ = nullptr;
    open_.clear();
    const auto* intervals = index_->on(chrom);
    if (intervals == nullptr) return;
    const auto entries = intervals->entries();
    next_ = entries.data() + intervals->first_after(start);
    behind_ = entries.data() + entries.size();
    if (next_ != behind_) to_ = next_start_ = next_->start;
    intervals->visit_open(start, next_ - entries.data(), [&](const Entry& entry) {
        open_.push_back(entry);
        to_ = std::min(to_, entry.end);
    });
}

}  // namespace epi
