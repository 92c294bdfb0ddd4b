#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace epi {

// A dense matrix by rows.
template <class Value>
struct Dense {
    std::size_t rows = 0, cols = 0;
    std::vector<Value> values;  // rows * cols

    Dense() = default;
    Dense(std::size_t row_count, std::size_t column_count)
        : rows(row_count), cols(column_count), values(rows * cols) {}

    Value& operator()(std::size_t row, std::size_t col) { return values[row * cols + col]; }
    const Value& operator()(std::size_t row, std::size_t col) const { return values[row * cols + col]; }
    std::span<Value> row(std::size_t r) { return std::span(values).subspan(r * cols, cols); }
    std::span<const Value> row(std::size_t r) const { return std::span(values).subspan(r * cols, cols); }
};

using DenseMatrix = Dense<double>;
using DenseFloat = Dense<float>;

}  // namespace epi
