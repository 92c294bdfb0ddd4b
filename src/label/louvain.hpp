#pragma once
#include <cstdint>
#include <vector>

#include "matrix/csr.hpp"

namespace epi {

struct LouvainOptions {
    double resolution = 1;
    int starts = 10;
    int iterations = 10;
    std::uint64_t seed = 0;
    bool merge_singletons = true;  // into the cluster they are nearest to
};

struct Clustering {
    std::vector<std::int32_t> cluster;  // per cell, 0 the largest
    std::int32_t clusters = 0;
    double modularity = 0;  // before singletons were merged
};

// Modularity clustering by Louvain's method (Blondel et al. 2008) of a symmetric graph (the diagonal is
// ignored), with the order of visits and the random numbers of the modularity optimizer in Seurat's
// FindClusters (algorithm 1): the same labels for the same graph.
Clustering louvain(const DoubleMatrix& graph, const LouvainOptions& options);

}  // namespace epi
