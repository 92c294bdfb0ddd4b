#pragma once
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "io/line_reader.hpp"
#include "io/table.hpp"
#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi::test {

inline double to_double(std::string_view text) {
    const auto value = parse_number<double>(text);
    check(value.has_value(), "golden file: a number");
    return *value;
}

// A MatrixMarket file (plain or gzip) as its transpose: features x cells in the file, cells x features here.
inline DoubleMatrix read_mtx_transposed(const std::filesystem::path& path) {
    LineReader reader(path);
    std::string_view line;
    while (reader.next(line) && line.starts_with('%')) {
    }
    const auto size = split(line, ' ');
    DoubleMatrix by_column;  // of the file's features x cells
    by_column.cols = *parse_number<std::int64_t>(size[0]);
    const auto cells = *parse_number<std::int64_t>(size[1]);
    std::vector<std::vector<std::pair<std::int32_t, double>>> entries(static_cast<std::size_t>(cells));
    while (reader.next(line)) {
        const auto fields = split(line, ' ');
        entries[*parse_number<std::size_t>(fields[1]) - 1].emplace_back(
            *parse_number<std::int32_t>(fields[0]) - 1, to_double(fields[2]));
    }
    for (auto& cell : entries) {
        std::sort(cell.begin(), cell.end());
        std::vector<std::int32_t> columns;
        std::vector<double> values;
        for (const auto& [column, value] : cell) columns.push_back(column), values.push_back(value);
        by_column.add_row(columns, values);
    }
    return by_column;
}

// The numbers of a table but its first column.
inline DenseMatrix numbers_of(const Table& table) {
    DenseMatrix result(table.rows.size(), table.columns.size() - 1);
    for (std::size_t row = 0; row < result.rows; ++row)
        for (std::size_t col = 0; col < result.cols; ++col)
            result(row, col) = to_double(table.rows[row][col + 1]);
    return result;
}

inline std::vector<double> doubles(const Table& table, std::string_view column) {
    std::vector<double> result;
    for (const auto& text : table.values(column)) result.push_back(to_double(text));
    return result;
}

inline std::vector<std::string> read_lines(const std::filesystem::path& path) {
    LineReader reader(path);
    std::vector<std::string> lines;
    for (std::string_view line; reader.next(line);) lines.emplace_back(line);
    return lines;
}

// The largest |a - sign b| of one column, with the better of the two signs.
inline double column_difference(const DenseMatrix& a, const DenseMatrix& b, std::size_t col) {
    double plus = 0, minus = 0;
    for (std::size_t row = 0; row < a.rows; ++row) {
        plus = std::max(plus, std::abs(a(row, col) - b(row, col)));
        minus = std::max(minus, std::abs(a(row, col) + b(row, col)));
    }
    return std::min(plus, minus);
}

}  // namespace epi::test
