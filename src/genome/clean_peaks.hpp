#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "genome/interval.hpp"

namespace epi {

// The peaks that are left, and what became of the others.
struct CleanPeaks {
    IntervalSet peaks;  // disjoint and not touching, by chromosome and start
    std::size_t read = 0;
    std::size_t nonstandard = 0;  // dropped: not on chr1-22, X, Y
    std::size_t unknown = 0;      // dropped: on a standard chromosome that `sizes` does not name
    std::size_t blacklisted = 0;  // dropped
    std::size_t trimmed = 0;      // reached beyond the end of their chromosome and were cut there
    std::size_t merged = 0;       // went into the peak before them
};

// One clean peak set out of called peaks in any order: those on standard chromosomes (and named by `sizes`,
// if given; an end beyond the chromosome's is cut), not blacklisted, overlapping or directly adjacent ones
// merged. Chromosomes are in the order of `sizes`, else in natural order (chr2 before chr10, numbers before
// letters). A peak [s, e) is blacklisted, whole, by a region [bs, be) if s < be and e > bs - 1: Signac keeps
// the regions' starts one base further left than the file says (`place` is of the peaks, for messages).
// InputError: a peak that starts at or beyond its chromosome's end; nothing left.
CleanPeaks clean_peaks(const IntervalSet& called, const std::optional<Chromosomes>& sizes,
                       const std::optional<IntervalSet>& blacklist, const std::string& place);

}  // namespace epi
