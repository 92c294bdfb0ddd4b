#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace epi {

// The cells that a file names, in its order: one barcode a line (Cell Ranger's barcodes.tsv.gz), or a table
// with a header and a column `barcode` (else `cell`), of which a column `kept`, else `is_cell`, chooses the
// rows (1, true, yes in any case; Cell Ranger's per_barcode_metrics.csv). InputError: no cell; a cell twice;
// another value in the column that chooses.
std::vector<std::string> read_cell_list(const std::filesystem::path& path);

}  // namespace epi
