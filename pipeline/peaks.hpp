#pragma once
#include <filesystem>
#include <vector>

#include "core/run_context.hpp"
#include "genome/clean_peaks.hpp"

namespace epi {

struct PeaksOptions {
    std::vector<std::filesystem::path>
        inputs;  // narrowPeak or BED; or counts, for their peaks (10x .h5, MEX, .h5ad, .h5mu)
    std::filesystem::path chrom_sizes;  // empty: none
    std::filesystem::path blacklist;    // BED; empty: none
    std::filesystem::path output;       // BED; OUTPUT.json beside it says where it comes from
};

// Called peaks -> one clean peak set (clean_peaks says how). Errors are those of read_bed, read_chrom_sizes
// and clean_peaks.
CleanPeaks peaks(const PeaksOptions& options, const RunContext& context);

}  // namespace epi
