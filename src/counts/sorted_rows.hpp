#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "io/temporary_file.hpp"
#include "matrix/count_rows.hpp"

namespace epi {

// Memory for so many numbers, not set to zero.
std::unique_ptr<std::int32_t[]> uninitialised_numbers(std::size_t n);

// Puts columns in order, quickest if they nearly are.
void sort_nearly_sorted(std::span<std::int32_t> columns);

// A matrix of counts made from the columns that its rows were counted in, a part of the rows after the other.
// A part takes 5 bytes of memory for an entry, or none if the parts lie on the disk.
class SortedRows final : public CountRows {
  public:
    SortedRows(std::int64_t cols, bool on_disk) : on_disk_(on_disk) { cols_ = cols; }

    // The next rows: row r counts once for each of columns[begins[r] - begins[0] .. begins[r + 1] -
    // begins[0]), which come in any order, quickest if it is nearly ascending. ResourceError: the disk is
    // full.
    void add(std::unique_ptr<std::int32_t[]> columns, std::span<const std::int64_t> begins);

    void visit(const std::function<void(const RowBlock&)>& take) const override;
    std::uint64_t bytes_on_disk() const { return file_.size(); }

  private:
    struct Part {
        std::size_t first_row = 0, rows = 0, entries = 0;
        // In memory; else one behind the other in the file at `offset`.
        std::unique_ptr<std::int32_t[]> columns;
        std::unique_ptr<std::uint8_t[]> counts;  // kLarge: the next of `large`
        std::vector<std::int32_t> large;
        std::size_t large_counts = 0;
        std::uint64_t offset = 0;
    };
    void visit_part(const Part& part, const std::int32_t* columns, const std::uint8_t* counts,
                    const std::int32_t* large, const std::function<void(const RowBlock&)>& take) const;

    bool on_disk_;
    std::vector<Part> parts_;
    TemporaryFile file_;
};

}  // namespace epi
