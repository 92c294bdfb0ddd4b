#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "embed/peak_mapping.hpp"
#include "matrix/dense.hpp"
#include "model/network.hpp"

namespace epi {

// How much each cell looks like two cells in one droplet, 0 .. 1. As Scrublet (Wolock et al. 2019), in the
// space of the model: as many doublets as there are cells are made by joining the open peaks of two cells
// drawn at random (context.seed), embedded, and put among the cells; the score is the share of doublets among
// the neighbours of a cell. A doublet of two cells of one type looks like a cell, and is not found. 0 for all
// where there are fewer than 20 cells. Rows of `open` and `z` are the cells.
std::vector<double> doublet_scores(const Network& network, const OpenPeaks& open, const DenseFloat& z,
                                   const RunContext& context);

}  // namespace epi
