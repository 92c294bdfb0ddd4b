#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "fragments/barcode_table.hpp"

namespace epi {

// What is kept for each barcode of a sample must fit into memory: what a thread counts for those that it
// meets, and what is made of all of them. This says when it no longer does. Safe to use from several threads.
class BarcodeMemory {
  public:
    // Measured: tables of a thread and of all, with what they need while they grow, for a barcode of `count`.
    static constexpr std::uint64_t kBytesOfLane = 200, kBytesOfAll = 400;
    // So often is each letter of a barcode that is not 16 bases kept.
    static constexpr std::uint64_t kCopies = 6;
    // Tables of so many bytes are always allowed.
    static constexpr std::uint64_t kLeast = 1ULL << 30;

    BarcodeMemory(std::uint64_t memory_bytes, std::size_t lanes);

    // A lane has met so many distinct barcodes, with so many letters together. ResourceError with `place`:
    // they do not fit.
    void lane_has(std::size_t lane, std::size_t barcodes, std::size_t text_bytes, const std::string& place);
    // All lanes together have so many.
    void all_have(std::size_t barcodes, const std::string& place);

  private:
    void check(std::uint64_t all, const std::string& place) const;

    std::uint64_t limit_;
    std::mutex mutex_;
    std::vector<std::uint64_t> barcodes_, text_bytes_;  // of the lanes
};

// ResourceError with `place` if a table of barcodes takes more than the memory given, and 256 MiB.
void check_barcode_table(const BarcodeTable& barcodes, std::uint64_t memory_bytes, const std::string& place);

}  // namespace epi
