#pragma once
#include "matrix/csr.hpp"
#include "matrix/neighbours.hpp"

namespace epi {

// How many neighbours each two cells have in common, where at least one: (n, n), symmetric, columns
// ascending. Lists count with self if they hold self.
CountMatrix shared_neighbours(const Neighbours& lists, int threads);

// The shared-nearest-neighbour graph: o / (2k - o) for o shared of k neighbours; values below `prune` are
// left out. The diagonal is 1.
DoubleMatrix snn_graph(const Neighbours& lists, double prune, int threads);

}  // namespace epi
