#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

// (y - mean) / sd of each of `genes` (columns of `lognorm`, cells x genes), in their order: cells x genes.
// N - 1 in the sd; only values above 10 are cut (to 10); a constant gene is 0 throughout (Seurat's
// ScaleData).
DenseMatrix scale_genes(const DoubleMatrix& lognorm, std::span<const std::int32_t> genes);

// Principal components as Seurat's RunPCA: the SVD of the scaled matrix as it is (not centred again).
struct Pca {
    DenseMatrix embedding;      // cells x components, U diag(d)
    DenseMatrix loadings;       // genes x components
    std::vector<double> stdev;  // d / sqrt(N - 1)
    double total_variance = 0;  // of all genes together
};

// `components` is cut to min(cells, genes) - 1.
Pca principal_components(const DenseMatrix& scaled, int components, std::uint64_t seed, int threads);

}  // namespace epi
