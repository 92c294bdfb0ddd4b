#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "io/temporary_file.hpp"
#include "matrix/count_rows.hpp"

namespace epi {

// A fragment of a barcode counted in a feature, once.
struct Pair {
    std::uint32_t barcode = 0, feature = 0;  // the barcode by the number that its thread gave it
};

// Holds the pairs that several threads find until it is known which barcodes get a row. What does not fit
// into half of the memory given lies in a temporary file; the other half is for the rows.
class PairStore {
  public:
    explicit PairStore(std::size_t features, std::uint64_t memory_bytes = 1ULL << 40)
        : features_(features), memory_bytes_(memory_bytes) {}
    PairStore(const PairStore&) = delete;
    PairStore& operator=(const PairStore&) = delete;

    // Safe to call from several threads, for each lane from one at a time; quickest later, and smallest,
    // where features ascend within a call, and those of one call come before those of another. ResourceError:
    // the disk is full.
    void add(std::size_t lane, std::uint64_t order, std::span<const Pair> pairs);

    // The counts of `rows` rows: the barcodes that have row row_of[lane][barcode] (negative: none; several
    // may have the same row). The same whatever the order in which pairs were added and the memory. Releases
    // the pairs. ResourceError: the disk is full.
    std::unique_ptr<CountRows> rows(std::span<const std::vector<std::int32_t>> row_of, std::int64_t rows);

    std::size_t features() const { return features_; }
    std::uint64_t bytes_on_disk() const { return file_.size(); }

  private:
    struct Block {
        std::size_t lane = 0, size = 0;
        std::uint64_t order = 0;
        std::uint32_t first_feature = 0;  // the smallest
        std::size_t width = 0;            // bytes of a pair: 3 or 4 hold both numbers in one; 8: a Pair
        int feature_bits = 0;             // of the one number
        const std::byte* data = nullptr;  // null: on the disk
        std::uint64_t offset = 0;

        std::size_t bytes() const;
    };
    struct Free {
        void operator()(std::byte* memory) const;
    };
    static void pack(std::span<const Pair> pairs, const Block& block, std::byte* to, std::uint32_t* counts);
    std::uint32_t* counts_of(std::size_t lane, std::size_t barcodes);
    std::byte* allocate(std::size_t bytes);
    const std::byte* read(const Block& block, std::vector<std::byte>& buffer) const;
    template <class Visit>
    void for_each(std::span<const std::vector<std::int32_t>> row_of, Visit&& visit) const;
    void release();

    std::size_t features_;
    std::uint64_t memory_bytes_, held_bytes_ = 0;
    std::mutex mutex_;
    std::vector<Block> blocks_;
    std::deque<std::vector<std::uint32_t>> counts_;  // pairs, by lane and barcode
    std::vector<std::unique_ptr<std::byte[], Free>> slabs_;
    std::byte* slab_at_ = nullptr;
    std::size_t slab_left_ = 0;  // of the last slab
    TemporaryFile file_;
};

// Pairs, and the rows of their barcodes: a matrix that is not made yet.
struct PendingRows {
    std::unique_ptr<PairStore> pairs;
    std::vector<std::vector<std::int32_t>> row_of;  // as PairStore::rows
    std::int64_t rows = 0;

    // Once.
    std::unique_ptr<CountRows> make() const { return pairs->rows(row_of, rows); }
};

}  // namespace epi
