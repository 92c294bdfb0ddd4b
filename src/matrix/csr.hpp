#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/error.hpp"

namespace epi {

// A sparse matrix by rows: row r holds columns indices[indptr[r] .. indptr[r+1]), ascending and distinct,
// with values beside them. Rows are cells and columns features everywhere in this project.
template <class Value>
struct Csr {
    std::int64_t rows = 0, cols = 0;
    std::vector<std::int64_t> indptr{0};  // rows + 1, from 0, never falling
    std::vector<std::int32_t> indices;
    std::vector<Value> values;  // as long as indices

    std::int64_t nonzeros() const { return indptr.back(); }
    std::span<const std::int32_t> row_indices(std::int64_t row) const {
        return std::span(indices).subspan(static_cast<std::size_t>(indptr[row]),
                                          static_cast<std::size_t>(indptr[row + 1] - indptr[row]));
    }
    std::span<const Value> row_values(std::int64_t row) const {
        return std::span(values).subspan(static_cast<std::size_t>(indptr[row]),
                                         static_cast<std::size_t>(indptr[row + 1] - indptr[row]));
    }
    // Appends a row; columns ascending and distinct.
    void add_row(std::span<const std::int32_t> columns, std::span<const Value> row_of_values) {
        indices.insert(indices.end(), columns.begin(), columns.end());
        values.insert(values.end(), row_of_values.begin(), row_of_values.end());
        indptr.push_back(static_cast<std::int64_t>(indices.size()));
        ++rows;
    }
};

using CountMatrix = Csr<std::int32_t>;
using FloatMatrix = Csr<float>;
using DoubleMatrix = Csr<double>;

// The same matrix by columns, as the Csr of its transpose. Rows stay ascending.
template <class Value>
Csr<Value> transpose(const Csr<Value>& matrix) {
    Csr<Value> result;
    result.rows = matrix.cols;
    result.cols = matrix.rows;
    result.indptr.assign(static_cast<std::size_t>(matrix.cols) + 1, 0);
    for (const auto column : matrix.indices) ++result.indptr[static_cast<std::size_t>(column) + 1];
    for (std::size_t i = 1; i < result.indptr.size(); ++i) result.indptr[i] += result.indptr[i - 1];
    result.indices.resize(matrix.indices.size());
    result.values.resize(matrix.values.size());
    auto next = result.indptr;
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
        for (auto i = matrix.indptr[row]; i < matrix.indptr[row + 1]; ++i) {
            const auto slot = static_cast<std::size_t>(next[matrix.indices[static_cast<std::size_t>(i)]]++);
            result.indices[slot] = static_cast<std::int32_t>(row);
            result.values[slot] = matrix.values[static_cast<std::size_t>(i)];
        }
    }
    return result;
}

// The given rows, in the given order (repeats allowed).
template <class Value>
Csr<Value> select_rows(const Csr<Value>& matrix, std::span<const std::int64_t> rows) {
    Csr<Value> result;
    result.cols = matrix.cols;
    for (const auto row : rows) {
        check(row >= 0 && row < matrix.rows, "select_rows: a row that exists");
        result.add_row(matrix.row_indices(row), matrix.row_values(row));
    }
    return result;
}

// The columns as numbered by `new_column[old]` (-1: dropped), `cols` in all. Two old columns may map to one
// new column: their values are added.
template <class Value>
Csr<Value> map_columns(const Csr<Value>& matrix, std::span<const std::int32_t> new_column,
                       std::int64_t cols) {
    Csr<Value> result;
    result.cols = cols;
    std::vector<std::pair<std::int32_t, Value>> row_entries;
    std::vector<std::int32_t> columns;
    std::vector<Value> row_of_values;
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
        row_entries.clear();
        const auto old_columns = matrix.row_indices(row);
        const auto old_values = matrix.row_values(row);
        for (std::size_t i = 0; i < old_columns.size(); ++i)
            if (const auto column = new_column[static_cast<std::size_t>(old_columns[i])]; column >= 0)
                row_entries.emplace_back(column, old_values[i]);
        std::stable_sort(row_entries.begin(), row_entries.end(),
                         [](auto& a, auto& b) { return a.first < b.first; });
        columns.clear();
        row_of_values.clear();
        for (const auto& [column, value] : row_entries) {
            if (!columns.empty() && columns.back() == column) {
                row_of_values.back() = static_cast<Value>(row_of_values.back() + value);
            } else {
                columns.push_back(column);
                row_of_values.push_back(value);
            }
        }
        result.add_row(columns, row_of_values);
    }
    return result;
}

}  // namespace epi
