#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "io/temporary_file.hpp"
#include "store/matrix_rows.hpp"

namespace epi {

// indptr of a compressed matrix with so many rows, checked: rises from 0 to the number of entries.
std::vector<std::int64_t> read_indptr(const Hdf5Node& group, std::int64_t rows);
// Part of the indices, checked: each from 0 to limit - 1.
std::vector<std::int32_t> read_indices(const Hdf5Node& node, std::uint64_t first, std::uint64_t count,
                                       std::int64_t limit);

// A matrix compressed by columns, given by bands of rows. One that holds more entries than the limit is dealt
// to its bands in a temporary file first.
class TurnedMatrix {
  public:
    struct Band {
        std::int64_t first = 0;  // its first row
        std::vector<std::size_t> indptr{0};
        std::vector<std::int32_t> columns;  // of each row in the order of the file
        std::vector<double> values;
    };

    TurnedMatrix(const Hdf5Node& group, std::int64_t rows, std::int64_t cols, const ReadLimits& limits);
    void for_each(const std::function<void(const Band&)>& visit) const;

  private:
    struct Entry {
        std::int32_t row, column;
        double value;
    };
    struct Piece {
        std::uint64_t offset;
        std::size_t entries;
    };
    void count_rows();
    void choose_bands();
    // All entries, column by column, in pieces.
    void read_entries(const std::function<void(const std::vector<Entry>&)>& visit) const;
    void deal() const;
    void give(std::size_t band, const std::vector<Entry>& entries,
              const std::function<void(const Band&)>& visit) const;

    Hdf5Node group_;
    std::int64_t rows_, cols_;
    ReadLimits limits_;
    std::vector<std::int64_t> indptr_;      // by columns
    std::vector<std::uint32_t> lengths_;    // of the rows
    std::vector<std::int64_t> band_rows_;   // first row of each band, then the number of rows
    std::vector<std::uint64_t> band_ends_;  // entries before each band, then all
    mutable std::unique_ptr<TemporaryFile> dealt_;
    mutable std::vector<std::vector<Piece>> pieces_;  // of each band, in dealt_
};

}  // namespace epi
