#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace epi {

// Some fragments, column by column: what the reader makes and every counter consumes. `start` and `end` are
// 0-based half-open, start <= end; the two cuts of the transposase are at `start` and `end - 1`.
struct FragmentBatch {
    std::vector<std::uint32_t> chrom;  // of the reader's contigs()
    std::vector<std::int32_t> start, end;
    std::vector<std::uint32_t> barcode;  // of the reader's barcodes()
    std::vector<std::uint32_t> reads;    // column 5; 1 where there is none
    // Names of the contigs met for the first time, which take the next free ids.
    std::vector<std::string> new_contigs;

    std::size_t size() const { return chrom.size(); }
    void clear() {
        chrom.clear();
        start.clear();
        end.clear();
        barcode.clear();
        reads.clear();
        new_contigs.clear();
    }
    void add(std::uint32_t chrom_id, std::int32_t first, std::int32_t last, std::uint32_t barcode_id,
             std::uint32_t read_pairs) {
        chrom.push_back(chrom_id);
        start.push_back(first);
        end.push_back(last);
        barcode.push_back(barcode_id);
        reads.push_back(read_pairs);
    }
};

}  // namespace epi
