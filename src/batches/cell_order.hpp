#pragma once
#include <cstdint>
#include <deque>
#include <functional>
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

// Draws from the cells 0 .. n-1 such that each value of theirs comes equally often, however rare it is: each
// round has as many draws as there are values and each value once, and of a value every cell comes before any
// comes again. Any draw is found without those before it. Holds 4 bytes per cell.
class BalancedOrder {
  public:
    // value_of(cell), asked once or more for each cell. n < 2^32.
    BalancedOrder(std::int64_t n, const std::function<std::string_view(std::int64_t)>& value_of);

    // The cell of draw `i`, from 0. There is a cell.
    std::int64_t at(std::int64_t i, std::uint64_t seed) const;

  private:
    std::vector<std::uint32_t> cells_;     // value after value
    std::vector<std::int64_t> starts_{0};  // of each value in cells_, and the end
};

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
