#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fragments/bit_packing.hpp"
#include "fragments/fragment_batch.hpp"

namespace epi {

// Fragments of one contig, column by column.
struct FragmentColumns {
    std::vector<std::uint32_t> start, end, barcode, reads;

    std::size_t size() const { return start.size(); }
    void clear() {
        for (auto* column : {&start, &end, &barcode, &reads}) column->clear();
    }
};

// A block: fragments of one contig by start, packed. Its bytes are six 32-bit numbers (rows, first start, the
// sizes of the four packed columns), then the columns: start less the start before it (the first: 0), end
// less start, barcode, reads.
inline constexpr std::size_t kBlockHead = 24;

// Appends the fragments `first` ... `first + rows - 1`, whose starts ascend, as a block. `smallest`: as
// pack_column.
void encode_fragments(const FragmentColumns& columns, std::size_t first, std::size_t rows, bool smallest,
                      std::string& block);

// How many bytes the block has that starts with these kBlockHead bytes.
std::uint64_t block_size_of(std::string_view head);

// Takes a block apart, batch by batch. Whatever the bytes, it reads only these, and what it gives are
// fragments.
class BlockDecoder {
  public:
    // False: this is no block. The bytes must outlive the decoding.
    bool open(std::string_view block, std::uint64_t barcodes);
    std::uint32_t rows() const { return rows_; }
    // Fills `batch` with the next rows: size, start, end, barcode and, if `reads`, reads; all or none of them
    // with reads. False: the block is corrupt. After the last row size is 0.
    bool next(FragmentBatch& batch, bool reads = true);

  private:
    PackedColumn start_, length_, barcode_, reads_;
    std::uint32_t rows_ = 0, left_ = 0, last_start_ = 0;
    std::uint64_t barcodes_ = 0;
};

}  // namespace epi
