#pragma once
#include <cstdint>
#include <vector>

namespace epi {

// Some of the cells 0 .. n-1, ascending, in 1.1 bits for each of the n: a bit set in which the i-th member is
// found by the counts of members before every 512 cells.
class CellSet {
  public:
    CellSet() = default;
    // Those of 0 .. n-1 that `chosen` says yes to; it is asked once each, in order.
    template <class Chosen>
    CellSet(std::int64_t n, Chosen&& chosen) : words_(static_cast<std::size_t>(n + kBits - 1) / kBits) {
        for (std::int64_t cell = 0; cell < n; ++cell)
            if (chosen(cell))
                words_[static_cast<std::size_t>(cell / kBits)] |= std::uint64_t{1} << (cell % kBits);
        count();
    }

    std::int64_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    // The i-th of them, 0 <= i < size().
    std::int64_t operator[](std::int64_t i) const;

  private:
    static constexpr std::int64_t kBits = 64, kWordsPerBlock = 8;
    void count();

    std::vector<std::uint64_t> words_;
    std::vector<std::int64_t> before_;  // members before each block
    std::int64_t size_ = 0;
};

}  // namespace epi
