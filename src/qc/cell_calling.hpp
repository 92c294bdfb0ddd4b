#pragma once
#include <cstdint>
#include <vector>

namespace epi {

// Which barcodes are cells.
struct CellCall {
    std::int64_t threshold = 0;  // cells have at least so many fragments; 0: none can be called
    std::int64_t expected = 0;   // cells that the threshold was derived from
    std::int64_t cells = 0;
};

// No barcode with fewer fragments is called a cell.
inline constexpr std::int64_t kFewestFragmentsOfACell = 10;

// OrdMag, "order of magnitude", as Cell Ranger's cell calling has it: with x cells expected, m is the 99th
// percentile of the fragments of the x richest barcodes, and cells are those with more than a tenth of
// m. As nobody says how many to expect, x is the number at which the count of cells called, o(x), agrees with
// it best: the least (o(x) - x)^2 / x, of equal ones the smallest x, among 2 ... 45,000 and the number of
// barcodes (10x Genomics, "Gene Expression Algorithms Overview", Cell Ranger 7). The order of `fragments`,
// one number for each barcode, does not matter.
CellCall call_cells(std::vector<std::int64_t> fragments);

}  // namespace epi
