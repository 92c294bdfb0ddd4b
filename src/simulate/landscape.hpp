#pragma once
#include <cstdint>
#include <vector>

#include "genome/chromosomes.hpp"
#include "genome/genes.hpp"
#include "genome/interval.hpp"
#include "simulate/parameters.hpp"

namespace epi {

// A stretch of one chromosome that is simulated as one piece: no peak crosses its ends.
struct Bin {
    std::uint32_t chrom = 0;
    std::int64_t start = 0, end = 0;
    std::size_t first_peak = 0, last_peak = 0;                // [first, last) of Landscape::peaks
    std::size_t first_blacklisted = 0, last_blacklisted = 0;  // [first, last) of Landscape::blacklist
    std::int64_t length() const { return end - start; }
};

// The small genome everything happens on. Chromosomes chr1 .. chrN with the proportions of the human ones,
// then chrM and one unplaced contig. All lists are in the order of chromosomes and starts.
struct Landscape {
    Chromosomes chromosomes;
    std::uint32_t mitochondrion = 0, unplaced = 0;  // ids
    IntervalSet peaks;                              // disjoint, at least 250 bp apart, none blacklisted
    IntervalSet blacklist;
    GeneTable genes;
    std::vector<std::int32_t>
        gene_of_peak;  // the gene whose transcription start is nearest, on its chromosome
    std::vector<std::int32_t> promoter_of_peak;  // the gene whose promoter this peak is, or -1
    std::vector<Bin> bins;                       // cover all of the genome, in order
    std::int64_t nuclear_length = 0;             // of chr1 .. chrN together
};

Landscape make_landscape(const SimulationParameters& parameters);

}  // namespace epi
