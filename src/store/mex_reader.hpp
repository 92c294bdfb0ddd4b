#pragma once
#include <filesystem>

#include "matrix/csr.hpp"
#include "store/feature_counts.hpp"

namespace epi {

// A Matrix Market file of coordinates (plain or gzip; integer, real or pattern; general), with rows and
// columns swapped: a matrix of features x cells gives cells x features. Sorted; entries at the same place are
// added; zeros dropped. InputError naming the line.
DoubleMatrix read_matrix_market_transposed(const std::filesystem::path& path);

// All features of a MEX folder: matrix.mtx, barcodes.tsv, and features.tsv, genes.tsv or peaks.bed (each also
// .gz). InputError: a file is missing or does not fit the matrix.
FeatureCounts read_mex(const std::filesystem::path& folder);

}  // namespace epi
