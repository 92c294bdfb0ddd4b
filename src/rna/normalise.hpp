#pragma once
#include "matrix/count_rows.hpp"
#include "matrix/csr.hpp"

namespace epi {

// log1p(count / total of the cell * scale), as Seurat's LogNormalize: divide, multiply, log1p. Cells x genes;
// empty cells stay empty.
DoubleMatrix log_normalise(const DoubleMatrix& counts, double scale = 10000);
// The same of some rows of counts: the values at their entries.
std::vector<double> log_normalised_values(const RowBlock& counts, double scale = 10000);

// The sum of each row, added left to right.
std::vector<double> row_sums(const DoubleMatrix& matrix);

}  // namespace epi
