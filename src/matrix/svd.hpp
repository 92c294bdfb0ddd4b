#pragma once
#include <cstdint>
#include <vector>

#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

// A ~ U diag(d) V^T with the `rank` largest singular values, descending. U is (rows, rank), V is (cols,
// rank). The sign of each component is fixed: the entry of V with the largest magnitude (the first on ties)
// is positive.
struct Svd {
    DenseMatrix u, v;
    std::vector<double> d;
};

// Truncated SVD of a sparse matrix, not centred, not scaled, by randomized block Krylov / subspace iteration,
// converged to a relative tolerance of 1e-9 in d. rank is cut to min(rows, cols). The same numbers at any
// thread count. `residual`: largest |A v - d u| of a component in units of its d; more of it is faster, for a
// start that need not be exact.
Svd truncated_svd(const DoubleMatrix& matrix, int rank, std::uint64_t seed, int threads,
                  double residual = 1e-10);
// The same for a dense matrix.
Svd truncated_svd(const DenseMatrix& matrix, int rank, std::uint64_t seed, int threads,
                  double residual = 1e-10);

}  // namespace epi
