#pragma once
#include "matrix/csr.hpp"
#include "matrix/neighbours.hpp"

namespace epi {

// The weights that UMAP puts on a nearest-neighbour graph (McInnes et al. 2018, section 3.1; the graph that
// scanpy and scib cluster): exp(-(d - rho) / sigma) with rho the smallest positive distance of the cell and
// sigma such that the weights of its neighbours sum to log2(k), joined over both directions as a + b - a b.
// `lists` hold each cell as its own first neighbour, k counts it. (n, n), symmetric, without diagonal.
DoubleMatrix fuzzy_graph(const Neighbours& lists);

}  // namespace epi
