#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "genome/interval.hpp"
#include "matrix/csr.hpp"

namespace epi {

// From a sample's peaks to a model's. Peak p of the sample stands for the model's peaks
// targets[offsets[p] .. offsets[p + 1]), ascending.
struct PeakMapping {
    std::int64_t model_peaks = 0;
    std::vector<std::int64_t> offsets{0};  // sample peaks + 1
    std::vector<std::int32_t> targets;
    // Every peak of the sample is one of the model's (in any order): nothing was approximated.
    bool exact = false;
    // What was done to the sample's chromosome names: "", "chr added" or "chr removed".
    std::string renamed;

    std::int64_t sample_peaks() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
    std::span<const std::int32_t> of(std::int64_t peak) const {
        const auto begin = static_cast<std::size_t>(offsets[peak]);
        return std::span(targets).subspan(begin, static_cast<std::size_t>(offsets[peak + 1]) - begin);
    }
};

// If each of the sample's peaks is a peak of the model, to that one; else each to all model peaks that it
// overlaps by at least one base. Chromosomes are matched by name; if that matches none, with "chr" added to
// or removed from the sample's names (M and MT are the same chromosome then).
PeakMapping map_peaks(const IntervalSet& sample, const IntervalSet& model);

// How much of a sample reaches the model.
struct MappingCoverage {
    std::int64_t sample_peaks = 0, sample_peaks_mapped = 0;
    std::int64_t model_peaks = 0, model_peaks_reachable = 0;
    std::int64_t open_entries = 0, open_entries_kept = 0;  // of the cells x peaks matrix, values > 0
    // Model peaks per cell after the mapping: minimum, quartiles, maximum (linear interpolation); 0 without
    // cells.
    std::array<double, 5> tokens_per_cell{};
    std::int64_t cells = 0, cells_without_tokens = 0;
    bool exact = false;
    std::string renamed;

    double share_of_sample_peaks() const;
    double share_of_model_peaks() const;
    double share_of_entries() const;  // 0 without entries
};

// Which peaks are open in each cell: a one at each; only the pattern counts.
using OpenPeaks = Csr<std::uint8_t>;
// The entries > 0.
OpenPeaks open_peaks_of(const DoubleMatrix& counts);

// The open model peaks of each cell: row r has those of all open peaks of row r.
struct MappedCells {
    OpenPeaks open;
    MappingCoverage coverage;
};
MappedCells map_cells(const OpenPeaks& cells, const PeakMapping& mapping);

// InputError with the numbers if less than `min_share` of the open entries reaches the model.
void require_coverage(const MappingCoverage& coverage, double min_share, std::string_view place);

}  // namespace epi
