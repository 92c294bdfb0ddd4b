#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "embed/peak_mapping.hpp"
#include "matrix/dense.hpp"
#include "model/network.hpp"

namespace epi {

// How much each cell looks like two cells of different types in one droplet, 0 .. 1. After Scrublet (Wolock
// et al. 2019), in the space of the model and with its types: as many doublets as there are cells are made by
// joining the open peaks of two cells of different types drawn at random (context.seed), embedded, and put
// among the cells; the score is the share of doublets among the nearest neighbours of a cell. A doublet of
// two cells of one type looks like a cell, and is not found. `types` is the class of each cell; -1 for a cell
// that is not to be joined with others. 0 for all where fewer than 20 cells have a type or all have the same.
// Rows of `open` and `z` are the cells.
std::vector<double> doublet_scores(const Network& network, const OpenPeaks& open, const DenseFloat& z,
                                   std::span<const int> types, const RunContext& context);

}  // namespace epi
