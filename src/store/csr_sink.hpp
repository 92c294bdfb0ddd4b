#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/anndata.hpp"
#include "store/extent_writer.hpp"
#include "store/hdf5.hpp"
#include "store/raw_file.hpp"

namespace epi {

// Where the entries of a matrix go in a file that is laid out before they are known.
struct CsrPlace {
    std::vector<std::int64_t> indptr;
    Hdf5Extent indices, data;
    std::optional<StoredAs> values;  // nothing: ones that take no space
    bool wide = false;               // indptr and indices are int64
};

// Makes the group of a csr_matrix with rows of these lengths, its indptr written and room for the rest.
// indptr and indices are int32, or both int64 (scipy wants one type) from `narrow` entries on.
CsrPlace reserve_csr(Hdf5Writer& file, const std::string& path, std::int64_t cols,
                     std::span<const std::int32_t> lengths, std::optional<StoredAs> values,
                     std::int64_t narrow = std::numeric_limits<std::int32_t>::max());

// Takes rows in any order, each once, to their places. As long as they come in the order of the file they are
// written as they come; from the first that does not, rows are held until there are `buffer` bytes of them
// and then written in the order of the file.
class CsrSink {
  public:
    CsrSink(const RawFile& file, const CsrPlace& place, std::size_t buffer = std::size_t{64} << 20);

    // As long as the row was said to be. `values` may be empty where the matrix is ones.
    void put(std::int64_t row, std::span<const std::int32_t> columns, std::span<const double> values);
    // Writes what is held; must be called. Every row with an entry has been put then (InternalError).
    void finish();

  private:
    struct Held {
        std::int64_t row;
        std::size_t begin, length;  // in columns_, values_
    };
    bool follows(std::int64_t entry);
    void append(std::span<const std::int32_t> columns, std::span<const double> values);
    void flush();
    void write_run(std::size_t first, std::size_t last, std::uint64_t entry);
    void write_columns(std::size_t first, std::size_t last, std::uint64_t entry);
    std::size_t run_length(std::size_t first, std::size_t last) const;

    const RawFile& file_;
    const CsrPlace& place_;
    std::size_t most_;  // entries
    bool in_order_ = true;
    ExtentWriter next_indices_, next_data_;  // of rows in the order of the file
    std::vector<Held> held_;
    std::vector<std::int32_t> columns_;
    std::vector<double> values_;
    std::vector<std::byte> bytes_;
    std::int64_t written_ = 0;
};

}  // namespace epi
