#pragma once
#include <cstdint>
#include <vector>

#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

struct LsiOptions {
    int components = 30;
    double scale = 1e4;
    // Components whose scores follow the depth of the training cells (|Pearson correlation with log depth|
    // above this) are left out: usually the first.
    double max_depth_correlation = 0.75;
    std::uint64_t seed = 0;
};

// Latent semantic indexing, fitted on training cells and applicable to any others on the same peaks.
// TF-IDF as Signac's default method: log(1 + scale * tf * idf), tf = 1 / number of open peaks of the cell
// (the matrix counts as binary), idf = training cells / training cells with the peak (0 where there is none).
struct LsiModel {
    double scale = 0;
    std::vector<double> idf;  // per peak
    DenseMatrix loadings;     // (peaks, components kept)
};

LsiModel fit_lsi(const DoubleMatrix& cells, const LsiOptions& options, int threads);

// TF-IDF of cells with the training cells' idf; rows keep their pattern of peaks. Not normalised.
DoubleMatrix tf_idf(const DoubleMatrix& cells, const std::vector<double>& idf, double scale);
// idf of these cells, as above.
std::vector<double> inverse_document_frequency(const DoubleMatrix& cells);
// Each row divided by its Euclidean length; rows of zeros stay.
void normalise_rows(DoubleMatrix& matrix);
void normalise_rows(DenseMatrix& matrix);

// TF-IDF of each cell times the loadings, each row then of length 1 (a cell without any known peak: zeros).
DenseMatrix project(const LsiModel& model, const DoubleMatrix& cells, int threads);

}  // namespace epi
