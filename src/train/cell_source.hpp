#pragma once
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace epi {

// What training needs of a cell. Peaks and genes are indices without special tokens; -1: no label.
struct TrainingCell {
    std::vector<std::int32_t> peaks;   // open
    std::vector<std::int32_t> genes;   // expressed, ascending
    std::vector<std::int32_t> counts;  // of those genes; filled where the task is expression
    std::int32_t cell_type = -1, batch = -1;
};

// Cells to train or validate on, in a fixed order. Safe to read from several threads.
class CellSource {
  public:
    virtual ~CellSource() = default;
    virtual std::int64_t size() const = 0;
    virtual void read(std::int64_t cell, TrainingCell& out) const = 0;
    virtual std::int32_t cell_type(std::int64_t cell) const = 0;
    virtual std::string name(std::int64_t cell) const = 0;
    // The cells of an epoch in the order of training, size() of them; the same for the same seed. Here every
    // cell once, shuffled; a source that balances draws some again and leaves others out.
    virtual std::vector<std::int64_t> epoch_order(std::uint64_t seed) const {
        std::vector<std::int64_t> order(static_cast<std::size_t>(size()));
        std::iota(order.begin(), order.end(), 0);
        Rng(seed).shuffle(order);
        return order;
    }
    // Says which cells are read next, so that the system can fetch them together.
    virtual void will_need(std::span<const std::int64_t>) const {}
};

}  // namespace epi
