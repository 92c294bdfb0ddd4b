#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "matrix/csr.hpp"

namespace epi {

// Counts (barcode, feature) pairs that come in any order. Memory is bounded by the number of distinct pairs,
// not by how many are added.
class PairCounts {
  public:
    explicit PairCounts(std::size_t features);

    void add(std::uint32_t barcode, std::uint32_t feature) {
        if (pending_.size() == flush_at_) flush();
        pending_.push_back((std::uint64_t{barcode} << feature_bits_) | feature);
    }
    // One row for each of `barcodes`, in their order (they may have no pairs at all).
    CountMatrix rows_of(std::span<const std::uint32_t> barcodes);

  private:
    void flush();

    std::size_t features_;
    int feature_bits_;
    std::vector<std::uint64_t> pending_, scratch_;
    std::vector<std::uint64_t> keys_;  // ascending, distinct
    std::vector<std::int32_t> counts_;
    std::size_t flush_at_;
};

// Sorts ascending; `scratch` is overwritten. By digits, so in time linear in the number of values.
void radix_sort(std::vector<std::uint64_t>& values, std::vector<std::uint64_t>& scratch);

}  // namespace epi
