#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "matrix/csr.hpp"

namespace epi {

// A fragment of a barcode counted in a feature, once.
struct Pair {
    std::uint32_t barcode = 0, feature = 0;  // the barcode by the number that its thread gave it
};

// Holds the pairs that several threads find until it is known which barcodes get a row. What does not fit
// into the memory given lies in a temporary file.
class PairStore {
  public:
    explicit PairStore(std::size_t features, std::uint64_t memory_bytes = 1ULL << 40)
        : features_(features), memory_bytes_(memory_bytes) {}
    ~PairStore();
    PairStore(const PairStore&) = delete;
    PairStore& operator=(const PairStore&) = delete;

    // Safe to call from several threads; quickest later where features ascend within a call, and those of
    // one call come before those of another. ResourceError: the disk is full.
    void add(std::size_t lane, std::uint64_t order, std::span<const Pair> pairs);

    // The counts of `rows` rows: the barcodes that have row row_of[lane][barcode] (negative: none; several
    // may have the same row). The same whatever the order in which pairs were added. Releases the pairs.
    CountMatrix matrix(std::span<const std::vector<std::int32_t>> row_of, std::int64_t rows);

    std::uint64_t bytes_on_disk() const { return file_size_; }

  private:
    struct Block {
        std::size_t lane = 0, size = 0;
        std::uint64_t order = 0;
        std::uint32_t first_feature = 0;
        const Pair* pairs = nullptr;  // null: on the disk
        std::uint64_t offset = 0;
    };
    struct Free {
        void operator()(Pair* pairs) const;
    };
    Pair* allocate(std::size_t pairs);
    void spill(Block& block, std::span<const Pair> pairs);
    std::span<const Pair> read(const Block& block, std::vector<Pair>& buffer) const;

    std::size_t features_;
    std::uint64_t memory_bytes_, held_bytes_ = 0;
    std::mutex mutex_;
    std::vector<Block> blocks_;
    std::vector<std::unique_ptr<Pair[], Free>> slabs_;
    Pair* slab_at_ = nullptr;
    std::size_t slab_left_ = 0;  // of the last slab
    int file_ = -1;
    std::uint64_t file_size_ = 0;
};

}  // namespace epi
