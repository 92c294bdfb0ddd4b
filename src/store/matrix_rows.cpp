#include "store/matrix_rows.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "store/anndata_elements.hpp"
#include "store/mapped_scan.hpp"
#include "store/turned_matrix.hpp"

namespace epi {
namespace {

// Sorts the entries of a row by column, adds those at one place, drops zeros, and appends the row.
class RowTidier {
  public:
    // `values` may be empty: all are 1.
    void append(std::span<const std::int32_t> columns, std::span<const double> values, MatrixBlock& block) {
        const bool rises =
            std::adjacent_find(columns.begin(), columns.end(), std::greater_equal<>()) == columns.end();
        if (rises && values.empty()) {
            block.columns.insert(block.columns.end(), columns.begin(), columns.end());
        } else if (rises) {
            for (std::size_t i = 0; i < columns.size(); ++i) push(columns[i], values[i], block);
        } else {
            append_sorted(columns, values, block);
        }
        block.indptr.push_back(static_cast<std::int64_t>(block.columns.size()));
    }

  private:
    static void push(std::int32_t column, double value, MatrixBlock& block) {
        if (value == 0) return;
        block.columns.push_back(column);
        block.values.push_back(value);
    }
    void append_sorted(std::span<const std::int32_t> columns, std::span<const double> values,
                       MatrixBlock& block) {
        entries_.clear();
        for (std::size_t i = 0; i < columns.size(); ++i)
            entries_.emplace_back(columns[i], values.empty() ? 1.0 : values[i]);
        std::stable_sort(entries_.begin(), entries_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        for (std::size_t i = 0; i < entries_.size();) {
            const auto column = entries_[i].first;
            double sum = 0;
            for (; i < entries_.size() && entries_[i].first == column; ++i) sum += entries_[i].second;
            if (values.empty())
                block.columns.push_back(column);  // of a matrix of ones: open is open
            else
                push(column, sum, block);
        }
    }

    std::vector<std::pair<std::int32_t, double>> entries_;
};

void start(MatrixBlock& block, std::int64_t first) {
    block.first = first;
    block.indptr.assign(1, 0);
    block.columns.clear();
    block.values.clear();
}

class CompressedRows : public MatrixRows {
  public:
    CompressedRows(Hdf5Node group, std::int64_t rows, std::int64_t cols, const ReadLimits& limits)
        : MatrixRows(rows, cols, group.child("data").is_all_ones()),
          group_(std::move(group)),
          indptr_(read_indptr(group_, rows)),
          entries_(limits.entries) {}

    void for_each(const Visit& visit, bool values = true) const override {
        const auto indices = group_.child("indices"), data = group_.child("data");
        const bool with_values = !ones() && (values || !tidy_);
        bool tidy = true;
        MatrixBlock block;
        Piece piece;
        for (std::int64_t row = 0; row < rows(); row = piece.last) {
            piece.first = row;
            piece.last = end_of_block(row);
            const auto first = static_cast<std::uint64_t>(indptr_[static_cast<std::size_t>(row)]);
            const auto count =
                static_cast<std::uint64_t>(indptr_[static_cast<std::size_t>(piece.last)]) - first;
            piece.columns = read_indices(indices, first, count, cols());
            piece.values = with_values ? data.read_exact_slice(first, count) : std::vector<double>();
            start(block, row);
            if (tidy_ || is_tidy(piece)) {
                take(piece, block);
            } else {
                tidy = false;
                tidy_up(piece, block);
            }
            if (!values) block.values.clear();
            visit(block);
        }
        if (tidy && !tidy_) place_rows();
        tidy_ = tidy;
    }

    const RowsInFile* in_file() const override { return in_file_ ? &*in_file_ : nullptr; }

    std::optional<MatrixScan> scan_in_place(int threads) const override {
        auto found = scan_mapped(group_, indptr_, cols(), ones(), threads);
        if (!found) return std::nullopt;
        tidy_ = true;
        place_rows();
        return found;
    }

  private:
    struct Piece {
        std::int64_t first = 0, last = 0;
        std::vector<std::int32_t> columns;
        std::vector<double> values;
    };
    void place_rows() const {
        const auto extent = group_.child("indices").mappable<std::int32_t>();
        if (!extent || extent->bytes == 0) return;
        in_file_ = {indptr_, std::make_shared<RandomFile>(group_.file_path()), extent->offset};
    }

    std::size_t begin_of(const Piece& piece, std::int64_t row) const {
        return static_cast<std::size_t>(indptr_[static_cast<std::size_t>(row)] -
                                        indptr_[static_cast<std::size_t>(piece.first)]);
    }

    bool is_tidy(const Piece& piece) const {
        if (std::find(piece.values.begin(), piece.values.end(), 0.0) != piece.values.end()) return false;
        for (auto row = piece.first; row < piece.last; ++row) {
            bool rises = true;
            const auto end = begin_of(piece, row + 1);
            for (auto i = begin_of(piece, row) + 1; i < end; ++i)
                rises = rises && piece.columns[i] > piece.columns[i - 1];
            if (!rises) return false;
        }
        return true;
    }

    void take(Piece& piece, MatrixBlock& block) const {
        block.columns.swap(piece.columns);
        block.values.swap(piece.values);
        for (auto row = piece.first; row < piece.last; ++row)
            block.indptr.push_back(static_cast<std::int64_t>(begin_of(piece, row + 1)));
    }

    void tidy_up(const Piece& piece, MatrixBlock& block) const {
        RowTidier tidier;
        for (auto row = piece.first; row < piece.last; ++row) {
            const auto at = begin_of(piece, row), length = begin_of(piece, row + 1) - at;
            tidier.append(std::span(piece.columns).subspan(at, length),
                          ones() ? std::span<const double>() : std::span(piece.values).subspan(at, length),
                          block);
        }
    }

    // As many rows as the limit allows, at least one.
    std::int64_t end_of_block(std::int64_t row) const {
        const auto most = indptr_[static_cast<std::size_t>(row)] + static_cast<std::int64_t>(entries_);
        const auto found = std::upper_bound(indptr_.begin() + row, indptr_.end(), most) - indptr_.begin() - 1;
        // Rows without an entry come in blocks too.
        const auto limit = std::min<std::int64_t>(rows(), row + static_cast<std::int64_t>(entries_));
        return std::clamp<std::int64_t>(found, row + 1, limit);
    }

    Hdf5Node group_;
    std::vector<std::int64_t> indptr_;
    std::size_t entries_;
    mutable std::optional<RowsInFile> in_file_;
    mutable bool tidy_ = false;  // the rows were seen, and nothing had to be done to them
};

class CompressedColumns : public MatrixRows {
  public:
    CompressedColumns(const Hdf5Node& group, std::int64_t rows, std::int64_t cols, const ReadLimits& limits)
        : MatrixRows(rows, cols, false), turned_(group, rows, cols, limits) {}

    void for_each(const Visit& visit, bool /*values*/ = true) const override {
        MatrixBlock block;
        RowTidier tidier;
        turned_.for_each([&](const TurnedMatrix::Band& band) {
            start(block, band.first);
            for (std::size_t row = 0; row + 1 < band.indptr.size(); ++row) {
                const auto length = band.indptr[row + 1] - band.indptr[row];
                tidier.append(std::span(band.columns).subspan(band.indptr[row], length),
                              std::span(band.values).subspan(band.indptr[row], length), block);
            }
            visit(block);
        });
    }

  private:
    TurnedMatrix turned_;
};

class DenseRows : public MatrixRows {
  public:
    DenseRows(Hdf5Node node, std::int64_t rows, std::int64_t cols, const ReadLimits& limits)
        : MatrixRows(rows, cols, false), node_(std::move(node)), values_(2 * limits.entries) {}

    void for_each(const Visit& visit, bool /*values*/ = true) const override {
        const auto width = static_cast<std::uint64_t>(cols()), all = static_cast<std::uint64_t>(rows());
        const auto step = std::max<std::uint64_t>(1, values_ / std::max<std::uint64_t>(1, width));
        MatrixBlock block;
        for (std::uint64_t first = 0; first < all; first += step) {
            const auto count = std::min(step, all - first);
            const auto dense = node_.read_exact_slice(first, count);
            start(block, static_cast<std::int64_t>(first));
            for (std::uint64_t row = 0; row < count; ++row) {
                for (std::uint64_t col = 0; col < width; ++col)
                    if (const double value = dense[row * width + col]; value != 0) {
                        block.columns.push_back(static_cast<std::int32_t>(col));
                        block.values.push_back(value);
                    }
                block.indptr.push_back(static_cast<std::int64_t>(block.columns.size()));
            }
            visit(block);
        }
    }

  private:
    Hdf5Node node_;
    std::uint64_t values_;
};

class HeldRows : public MatrixRows {
  public:
    explicit HeldRows(DoubleMatrix matrix)
        : MatrixRows(matrix.rows, matrix.cols, false), matrix_(std::move(matrix)) {}

    void for_each(const Visit& visit, bool /*values*/ = true) const override {
        constexpr std::int64_t kRows = 1024;
        MatrixBlock block;
        for (std::int64_t row = 0; row < rows();) {
            start(block, row);
            for (const auto end = std::min(rows(), row + kRows); row < end; ++row) {
                const auto columns = matrix_.row_indices(row);
                const auto values = matrix_.row_values(row);
                block.columns.insert(block.columns.end(), columns.begin(), columns.end());
                block.values.insert(block.values.end(), values.begin(), values.end());
                block.indptr.push_back(static_cast<std::int64_t>(block.columns.size()));
            }
            visit(block);
        }
    }

  private:
    DoubleMatrix matrix_;
};

class RenumberedRows : public MatrixRows {
  public:
    RenumberedRows(std::unique_ptr<MatrixRows> matrix, std::vector<std::int32_t> new_column,
                   std::int64_t cols)
        : MatrixRows(matrix->rows(), cols, matrix->ones()),
          matrix_(std::move(matrix)),
          new_column_(std::move(new_column)) {}

    void for_each(const Visit& visit, bool values = true) const override {
        MatrixBlock block;
        RowTidier tidier;
        std::vector<std::int32_t> columns;
        std::vector<double> row_values;
        matrix_->for_each([&](const MatrixBlock& old) {
            start(block, old.first);
            for (std::int64_t row = 0; row < old.rows(); ++row) {
                columns.clear();
                row_values.clear();
                const auto old_columns = old.row_columns(row);
                for (std::size_t i = 0; i < old_columns.size(); ++i) {
                    const auto column = new_column_[static_cast<std::size_t>(old_columns[i])];
                    if (column < 0) continue;
                    columns.push_back(column);
                    if (!old.values.empty()) row_values.push_back(old.row_values(row)[i]);
                }
                tidier.append(columns, row_values, block);
            }
            if (!values) block.values.clear();
            visit(block);
        });
    }

  private:
    std::unique_ptr<MatrixRows> matrix_;
    std::vector<std::int32_t> new_column_;
};

std::string encoding_of(const Hdf5Node& node) {
    if (!node.is_group()) return "array";
    auto encoding = node.text_attribute("encoding-type");
    if (encoding == "csr_matrix" || encoding == "csc_matrix") return encoding;
    const auto old = node.text_attribute("h5sparse_format");  // anndata before 0.7
    if (old == "csr" || old == "csc") return old + "_matrix";
    return "";
}

void add_row(MatrixScan& result, const MatrixBlock& block, std::int64_t row, bool ones) {
    const auto length = block.row_columns(row).size();
    result.lengths.push_back(static_cast<std::int32_t>(length));
    result.entries += static_cast<std::int64_t>(length);
    if (ones) return;
    double largest = 0, smallest = 0;
    bool whole = true;
    for (const double value : block.row_values(row)) {
        largest = std::max(largest, value);
        smallest = std::min(smallest, value);
        whole = whole && value == std::floor(value);
    }
    result.row_largest.push_back(largest);
    result.largest = std::max(result.largest, largest);
    result.smallest = std::min(result.smallest, smallest);
    result.whole = result.whole && whole;
}

}  // namespace

void RowsInFile::read(std::int64_t row, std::vector<std::int32_t>& columns) const {
    columns.resize(static_cast<std::size_t>(length(row)));
    const auto bytes = columns.size() * sizeof(std::int32_t);
    const auto place = offset + static_cast<std::uint64_t>(indptr[row]) * sizeof(std::int32_t);
    if (file->read(place, reinterpret_cast<char*>(columns.data()), bytes) != bytes)
        throw InputError(file->name(), "has become shorter while it was read", "run it again");
}

void RowsInFile::will_need(std::int64_t row) const {
    file->will_need(offset + static_cast<std::uint64_t>(indptr[row]) * sizeof(std::int32_t),
                    static_cast<std::size_t>(length(row)) * sizeof(std::int32_t));
}

bool is_matrix(const Hdf5Node& node) {
    return !encoding_of(node).empty();
}

std::unique_ptr<MatrixRows> open_matrix(const Hdf5Node& node, const ReadLimits& limits) {
    const auto encoding = encoding_of(node);
    if (encoding.empty())
        node.fail("its encoding is none of csr_matrix, csc_matrix, array",
                  "write it with anndata 0.7 or newer");
    const auto [rows, cols] = matrix_shape(node);
    if (encoding == "array") return std::make_unique<DenseRows>(node, rows, cols, limits);
    if (encoding == "csr_matrix") return open_compressed_rows(node, rows, cols, limits);
    return std::make_unique<CompressedColumns>(node, rows, cols, limits);
}

std::unique_ptr<MatrixRows> open_compressed_rows(const Hdf5Node& group, std::int64_t rows, std::int64_t cols,
                                                 const ReadLimits& limits) {
    return std::make_unique<CompressedRows>(group, rows, cols, limits);
}

std::unique_ptr<MatrixRows> held_rows(DoubleMatrix matrix) {
    return std::make_unique<HeldRows>(std::move(matrix));
}

std::unique_ptr<MatrixRows> with_columns(std::unique_ptr<MatrixRows> matrix,
                                         std::vector<std::int32_t> new_column, std::int64_t cols) {
    return std::make_unique<RenumberedRows>(std::move(matrix), std::move(new_column), cols);
}

DoubleMatrix collect(const MatrixRows& matrix) {
    DoubleMatrix result;
    result.cols = matrix.cols();
    std::vector<double> ones;
    matrix.for_each([&](const MatrixBlock& block) {
        if (matrix.ones()) ones.assign(block.columns.size(), 1.0);
        const auto& values = matrix.ones() ? ones : block.values;
        const auto before = result.nonzeros();
        result.indices.insert(result.indices.end(), block.columns.begin(), block.columns.end());
        result.values.insert(result.values.end(), values.begin(), values.end());
        for (std::int64_t row = 0; row < block.rows(); ++row)
            result.indptr.push_back(before + block.indptr[static_cast<std::size_t>(row) + 1]);
        result.rows += block.rows();
    });
    return result;
}

MatrixScan scan(const MatrixRows& matrix, int threads) {
    if (auto found = matrix.scan_in_place(threads)) return std::move(*found);
    MatrixScan result;
    result.lengths.reserve(static_cast<std::size_t>(matrix.rows()));
    matrix.for_each([&](const MatrixBlock& block) {
        for (std::int64_t row = 0; row < block.rows(); ++row) add_row(result, block, row, matrix.ones());
    });
    return result;
}

}  // namespace epi
