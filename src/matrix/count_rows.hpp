#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "matrix/csr.hpp"

namespace epi {

// Whole rows of a matrix that follow each other.
struct RowBlock {
    std::int64_t first_row = 0;
    // One more than rows, as in the whole matrix: the block's entries are indptr.front() .. indptr.back().
    std::span<const std::int64_t> indptr;
    std::span<const std::int32_t> indices, values;  // of the block's entries

    std::int64_t rows() const { return std::ssize(indptr) - 1; }
    std::span<const std::int32_t> row_values(std::int64_t row) const {  // 0: the first of the block
        return values.subspan(static_cast<std::size_t>(indptr[row] - indptr.front()),
                              static_cast<std::size_t>(indptr[row + 1] - indptr[row]));
    }
};

// A matrix of counts that is looked at some rows at a time, as it need not be in memory as a whole.
class CountRows {
  public:
    virtual ~CountRows() = default;
    std::int64_t rows() const { return std::ssize(indptr_) - 1; }
    std::int64_t cols() const { return cols_; }
    std::int64_t nonzeros() const { return indptr_.back(); }
    const std::vector<std::int64_t>& indptr() const { return indptr_; }

    // Calls take(block) for all rows in order; the block is gone afterwards.
    virtual void visit(const std::function<void(const RowBlock&)>& take) const = 0;
    // The whole of it.
    CountMatrix matrix() const;

  protected:
    std::int64_t cols_ = 0;
    std::vector<std::int64_t> indptr_{0};
};

}  // namespace epi
