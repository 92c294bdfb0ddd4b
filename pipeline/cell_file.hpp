#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/table.hpp"
#include "store/anndata.hpp"

namespace epi {

// Cells with named columns, from an .h5ad (its obs) or from a table; told apart by content.
class CellFile {
  public:
    // A table needs a column of cell names: `cell_column`, or, where that is empty, "barcode" or "cell".
    // InputError: neither format, no such column, no cells, a name twice.
    static CellFile read(const std::filesystem::path& path, std::string_view cell_column);

    const std::string& place() const { return place_; }
    const std::vector<std::string>& names() const { return names_; }
    bool has(std::string_view column) const;
    // A column as text, "" where missing. InputError naming the columns there are.
    std::vector<std::string> column(std::string_view name) const;
    // The .h5ad; InputError if the file is a table.
    const AnnData& data() const;

  private:
    std::string place_;
    std::vector<std::string> names_;
    std::optional<AnnData> data_;
    Table table_;
};

// For each of `cells` the row of the same cell in `others`, or -1. A cell is the same if its name is, or else
// if the barcode after the last ':' is ("sample:barcode" of an atlas, "barcode" of a sample's own table).
// InputError: no cell in common; a barcode that stands for several cells.
std::vector<std::int64_t> match_cells(const CellFile& cells, const CellFile& others);

}  // namespace epi
