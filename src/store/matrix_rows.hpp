#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "io/random_file.hpp"
#include "matrix/csr.hpp"
#include "store/hdf5.hpp"

namespace epi {

// Consecutive rows of a matrix, numbered from `first`. Columns rise in each row; no value is zero.
struct MatrixBlock {
    std::int64_t first = 0;
    std::vector<std::int64_t> indptr{0};
    std::vector<std::int32_t> columns;
    std::vector<double> values;  // empty where every value is 1 (MatrixRows::ones), or none was asked for

    std::int64_t rows() const { return static_cast<std::int64_t>(indptr.size()) - 1; }
    std::span<const std::int32_t> row_columns(std::int64_t row) const {
        return std::span(columns).subspan(static_cast<std::size_t>(indptr[row]),
                                          static_cast<std::size_t>(indptr[row + 1] - indptr[row]));
    }
    std::span<const double> row_values(std::int64_t row) const {
        if (values.empty()) return {};
        return std::span(values).subspan(static_cast<std::size_t>(indptr[row]),
                                         static_cast<std::size_t>(indptr[row + 1] - indptr[row]));
    }
};

// What reading a matrix may hold in memory, in entries (12 bytes each, 16 while a matrix by columns is
// turned), and whether a matrix by columns may go through a temporary file (TMPDIR) to keep to that.
struct ReadLimits {
    std::size_t entries = std::size_t{1} << 18;
    bool temporary_file = false;
};

// Rows that can be read from the file in any order, columns as it has them. Not through a mapping: the rows
// of a shuffled sample are read once each, and mapping their pages costs more than copying them.
struct RowsInFile {
    std::span<const std::int64_t> indptr;
    std::shared_ptr<const RandomFile> file;
    std::uint64_t offset = 0;  // of the columns

    std::int64_t length(std::int64_t row) const { return indptr[row + 1] - indptr[row]; }
    // InputError if the file has become shorter.
    void read(std::int64_t row, std::vector<std::int32_t>& columns) const;
    void will_need(std::int64_t row) const;
};

// What must be known of a matrix before its entries can be written.
struct MatrixScan {
    std::vector<std::int32_t> lengths;  // entries of each row
    std::vector<double> row_largest;    // value; empty where all are 1
    std::int64_t entries = 0;
    double largest = 1, smallest = 1;
    bool whole = true;  // no value has a fraction

    // Whole numbers from 0 to 2^31 - 1.
    bool counts() const { return whole && smallest >= 0 && largest <= 0x7fffffff; }
};

// A matrix in a file whose rows are read in blocks, front to back, as often as asked. Entries at one place
// are added, stored zeros dropped, rows sorted. Every error is an InputError that names file and element.
class MatrixRows {
  public:
    using Visit = std::function<void(const MatrixBlock&)>;

    virtual ~MatrixRows() = default;
    std::int64_t rows() const { return rows_; }
    std::int64_t cols() const { return cols_; }
    // Every entry is 1, and blocks have no values.
    bool ones() const { return ones_; }
    // Without `values` blocks have none, which is faster; entries are the same.
    virtual void for_each(const Visit& visit, bool values = true) const = 0;
    // Where all rows were visited, nothing had to be done to them, and the file is laid out for it; null
    // elsewhere.
    virtual const RowsInFile* in_file() const { return nullptr; }
    // What scan() finds, much faster, where the file is laid out for it; in_file() is there afterwards.
    virtual std::optional<MatrixScan> scan_in_place(int /*threads*/) const { return std::nullopt; }

  protected:
    MatrixRows(std::int64_t rows, std::int64_t cols, bool ones) : rows_(rows), cols_(cols), ones_(ones) {}

  private:
    std::int64_t rows_, cols_;
    bool ones_;
};

// Whether a node is one of those that open_matrix() reads.
bool is_matrix(const Hdf5Node& node);
// A csr_matrix, csc_matrix or dense array, told by its attributes (any number type, contiguous or
// compressed). InputError: none of these; indptr that does not rise from 0 to the number of entries; an index
// outside the matrix (while it is read).
std::unique_ptr<MatrixRows> open_matrix(const Hdf5Node& node, const ReadLimits& limits = {});
// The arrays indptr, indices and data of a group as rows x cols.
std::unique_ptr<MatrixRows> open_compressed_rows(const Hdf5Node& group, std::int64_t rows, std::int64_t cols,
                                                 const ReadLimits& limits = {});
// A matrix that is held already, and one whose columns are numbered anew as map_columns() does.
std::unique_ptr<MatrixRows> held_rows(DoubleMatrix matrix);
std::unique_ptr<MatrixRows> with_columns(std::unique_ptr<MatrixRows> matrix,
                                         std::vector<std::int32_t> new_column, std::int64_t cols);

// All of it.
DoubleMatrix collect(const MatrixRows& matrix);

// The lengths of its rows and what its values are: one pass over it.
MatrixScan scan(const MatrixRows& matrix, int threads = 1);

}  // namespace epi
