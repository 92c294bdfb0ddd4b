#pragma once
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/permutation.hpp"
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
    // Gives cell number `i` of an epoch in the order of training, 0 <= i < size(); the same for the same
    // seed.
    using Order = std::function<std::int64_t(std::int64_t i)>;
    // Here every cell once: up to kListed in an order as likely as any other, more in that of a Permutation,
    // which needs no list. A source that balances draws some again and leaves others out. The source outlives
    // it.
    virtual Order epoch_order(std::uint64_t seed) const {
        if (size() > kListed) return Permutation(size(), seed);
        std::vector<std::int32_t> order(static_cast<std::size_t>(size()));
        std::iota(order.begin(), order.end(), 0);
        Rng(seed).shuffle(order);
        return [order = std::move(order)](std::int64_t i) {
            return std::int64_t{order[static_cast<std::size_t>(i)]};
        };
    }
    // How many peaks read() would give.
    virtual std::int64_t open_peaks(std::int64_t cell) const {
        TrainingCell whole;
        read(cell, whole);
        return std::ssize(whole.peaks);
    }
    // Says which cells are read next, so that the system can fetch them together.
    virtual void will_need(std::span<const std::int64_t>) const {}

    static constexpr std::int64_t kListed = 1 << 16;
};

}  // namespace epi
