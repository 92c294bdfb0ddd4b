#pragma once
#include <cstdint>
#include <vector>

#include "fragments/fragment_batch.hpp"

namespace epi {

// Drops every fragment whose contig, start, end and barcode all came before, in any order of rows and across
// files. Remembers each distinct fragment: about 40 bytes of memory for one.
class DuplicateFilter {
  public:
    explicit DuplicateFilter(std::uint64_t memory_bytes) : memory_bytes_(memory_bytes), slots_(1U << 12) {}

    // ResourceError if the distinct fragments do not fit into the memory given.
    void filter(FragmentBatch& batch);
    std::int64_t dropped() const { return dropped_; }

  private:
    struct Slot {
        std::uint32_t chrom = 0, barcode = 0;
        std::int32_t start = -1, end = 0;  // start -1: free
        bool operator==(const Slot&) const = default;
    };
    bool insert(const Slot& fragment);
    void grow();

    std::uint64_t memory_bytes_;
    std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
    std::size_t used_ = 0;
    std::int64_t dropped_ = 0;
};

}  // namespace epi
