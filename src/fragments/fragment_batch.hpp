#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "genome/chromosomes.hpp"

namespace epi {

// A contig of the scan.
struct Contig {
    std::uint32_t id = 0;
    bool mitochondrial = false;
    std::int64_t length = 0;  // 0: not known
};
Contig contig_of(const Chromosomes& contigs, std::uint32_t id);

// Some fragments of one contig, column by column and in the order of the file: what a scan makes and every
// counter consumes. `start` and `end` are 0-based half-open, start <= end; the two cuts of the transposase
// are at `start` and `end - 1`.
struct FragmentBatch {
    static constexpr std::size_t kCapacity = 1024;

    std::uint32_t chrom = 0;        // of the scan's contigs
    bool mitochondrial = false;     // what `chrom` is
    std::int64_t chrom_length = 0;  // 0: not known

    std::size_t size = 0;
    std::array<std::int32_t, kCapacity> start, end;
    std::array<std::uint32_t, kCapacity> barcode;  // numbered by the thread
    std::array<std::uint32_t, kCapacity> reads;    // column 5; 1 where there is none

    // By barcode number: 1 where it gets a row of a matrix. Null: all may.
    const char* wanted = nullptr;

    // For each fragment how it meets the peaks: filled by the counter of peaks, for the counter of quality.
    std::array<std::uint32_t, kCapacity> peak_overlaps;  // peaks that it overlaps
    std::array<std::uint8_t, kCapacity> peak_cuts;       // its cuts that lie in any peak

    void set_contig(const Contig& contig) {
        chrom = contig.id;
        mitochondrial = contig.mitochondrial;
        chrom_length = contig.length;
    }
    void add(std::int32_t first, std::int32_t last, std::uint32_t barcode_id, std::uint32_t read_pairs) {
        start[size] = first;
        end[size] = last;
        barcode[size] = barcode_id;
        reads[size] = read_pairs;
        peak_overlaps[size] = 0;
        peak_cuts[size] = 0;
        ++size;
    }
};

}  // namespace epi
