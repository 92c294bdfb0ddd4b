#pragma once
#include <cstdint>

#include "label/lsi.hpp"
#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

struct LsiOptions {
    int components = 30;
    // Components whose scores follow the depth of the training cells (|Pearson correlation with log depth|
    // above this) are left out: usually the first.
    double max_depth_correlation = 0.75;
    std::uint64_t seed = 0;
};

// Latent semantic indexing, fitted on training cells and applicable to any others on the same peaks:
// TF-IDF (label/lsi.hpp) with the frequencies of the training cells, then a truncated SVD.
struct LsiModel {
    InverseFrequency frequency;
    DenseMatrix loadings;  // (peaks, components kept)
};

// `cells` is binary (ones at open peaks), as is what project() gets.
LsiModel fit_lsi(const DoubleMatrix& cells, const LsiOptions& options, int threads);

// TF-IDF of each cell times the loadings, each row then of length 1 (a cell without any known peak: zeros).
DenseMatrix project(const LsiModel& model, const DoubleMatrix& cells, int threads);

}  // namespace epi
