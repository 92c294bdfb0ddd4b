#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "batches/atlas_cells.hpp"

namespace epi {

// Orders in which cells are visited, each the same for the same seed on every machine. Mix the number of the
// epoch into the seed.

// Every cell once, any order as likely as any other.
std::vector<std::int64_t> shuffled_cells(std::span<const std::int64_t> cells, std::uint64_t seed);

// For each of these cells its value in a column ("sample", ..., "cell_type"), as a number in the alphabetic
// order of those there are ("" is one, too). UsageError: no such column.
std::vector<std::int32_t> value_codes(const AtlasCells& atlas, std::span<const std::int64_t> cells,
                                      std::string_view column);

// `count` positions in `value_of` such that each value comes equally often in the long run: a value is drawn,
// then the next of its positions from a shuffled deck of them, so that none comes again before all others of
// its value came.
std::vector<std::int64_t> balanced_order(std::span<const std::int32_t> value_of, std::int64_t count,
                                         std::uint64_t seed);

// `count` cells such that each value of a column ("sample", ..., "cell_type"; cells without one are a value
// too) comes equally often, as balanced_order. UsageError: no such column.
std::vector<std::int64_t> balanced_cells(const AtlasCells& atlas, std::span<const std::int64_t> cells,
                                         std::string_view column, std::int64_t count, std::uint64_t seed);

// Every cell once: runs of `block` neighbours in the list are taken in random order, `window` runs at a time,
// and the cells of a window are shuffled. As a shard's rows are shuffled when packed, neighbours have nothing
// in common, and a disk reads runs at nearly its full rate. Holds one number per run and the cells of a
// window.
class BlockShuffle {
  public:
    // Of cells 0 .. n-1, or of a list (which outlives it).
    BlockShuffle(std::int64_t n, std::uint64_t seed, std::int64_t block = 32, std::int64_t window = 128);
    BlockShuffle(std::span<const std::int64_t> cells, std::uint64_t seed, std::int64_t block = 32,
                 std::int64_t window = 128);

    // The cells of the next window; empty at the end.
    std::vector<std::int64_t> next();

  private:
    void shuffle_runs();

    std::span<const std::int64_t> cells_;
    std::int64_t n_, block_, window_;
    std::uint64_t seed_;
    std::vector<std::int32_t> runs_;
    std::size_t done_ = 0;
};

// Gives cells in batches while the disk reads those that come: the cells of `ahead` batches are asked for
// before they are needed. `Order` is a list or a BlockShuffle.
class CellBatches {
  public:
    CellBatches(const AtlasCells& atlas, BlockShuffle order, std::size_t batch, std::size_t ahead = 4);
    CellBatches(const AtlasCells& atlas, std::vector<std::int64_t> order, std::size_t batch,
                std::size_t ahead = 4);

    // The cells of the next batch, at most `batch`; empty at the end. Valid until the next call. Read them
    // with AtlasCells::peaks_of and the like.
    std::span<const std::int64_t> next();

  private:
    bool extend();

    const AtlasCells& atlas_;
    BlockShuffle windows_;
    std::vector<std::int64_t> list_;  // instead of windows_
    std::size_t listed_ = 0;
    bool from_list_;
    std::size_t batch_, ahead_;
    std::deque<std::int64_t> waiting_;  // asked for
    std::vector<std::int64_t> current_;
};

}  // namespace epi
