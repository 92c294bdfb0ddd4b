#pragma once
#include <cstdint>
#include <span>

namespace epi {

// The mean of flank / 200 over the given cells (zeros included), in their order: what takes the place of a
// zero. 0 without cells.
double mean_tss_flank(std::span<const std::uint64_t> flanks);

// centre / f / 1001 with f = flank / 200, or `mean_flank` where the flank is zero: Signac's TSS score (the
// mean over 1001 bp, not smoothed). Infinite or not a number where no cell has flank insertions.
double tss_enrichment(std::uint64_t centre, std::uint64_t flank, double mean_flank);

}  // namespace epi
