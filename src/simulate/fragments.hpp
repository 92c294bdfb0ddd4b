#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "simulate/barcodes.hpp"
#include "simulate/landscape.hpp"
#include "simulate/regulation.hpp"

namespace epi {

// A row of a fragment file: [start, end) with the two cut sites start and end - 1.
struct SimulatedFragment {
    std::int32_t start = 0, end = 0;
    std::uint32_t barcode = 0;  // index into the sample's barcodes
    std::uint32_t reads = 1;    // column 5
};

// Everything a bin's fragments follow from; refers to its parts, which outlive it.
struct SampleModel {
    const Landscape& landscape;
    const Regulation& regulation;
    const SampleRegulation& sample;
    const std::vector<SimulatedBarcode>& barcodes;
    const SimulationParameters& parameters;
    std::uint64_t seed;  // of this sample
};

// The fragments that start in one bin, by start, end and barcode, each of these once. Follows from the model
// and the number of the bin alone, so bins can be made in any order and on any number of threads.
std::vector<SimulatedFragment> simulate_bin(const SampleModel& model, std::size_t bin);

// As lines of a fragment file.
std::string format_fragments(std::span<const SimulatedFragment> fragments, const std::string& chrom,
                             const std::vector<SimulatedBarcode>& barcodes);

// Cut sites of one barcode in one peak.
struct CutCount {
    std::uint32_t barcode = 0, peak = 0;
    std::int32_t cuts = 0;
};

// By barcode and peak. `chrom` is where the fragments are.
std::vector<CutCount> count_cuts(std::span<const SimulatedFragment> fragments, std::uint32_t chrom,
                                 const IntervalSet& peaks);

}  // namespace epi
