#pragma once
#include <cstdint>

#include "matrix/dense.hpp"
#include "matrix/neighbours.hpp"

namespace epi {

struct UmapOptions {
    int neighbours = 15;
    double min_dist = 0.1;
    double spread = 1;
    std::uint64_t seed = 0;
};

// UMAP (McInnes et al. 2018) in two dimensions, for looking at: (n, 2). The layout is optimised on one
// thread, so the numbers do not depend on `threads`. Fewer than 8 rows are laid out on a circle.
DenseMatrix umap(const DenseMatrix& points, const UmapOptions& options, int threads);
// The same from neighbours that do not include the row itself; options.neighbours is not used.
DenseMatrix umap(const Neighbours& neighbours, const UmapOptions& options);

}  // namespace epi
