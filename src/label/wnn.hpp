#pragma once
#include <array>
#include <vector>

#include "matrix/csr.hpp"
#include "matrix/dense.hpp"
#include "matrix/neighbours.hpp"

namespace epi {

// Weighted nearest neighbours of two modalities (Hao et al. 2021) as Seurat 4.3.0 computes them.

constexpr std::size_t kWnnNeighbours = 20;  // k, with the cell itself
constexpr std::size_t kWnnRange = 200;      // candidates per modality, with the cell itself

// Columns first .. last-1 of an embedding, each row divided by its Euclidean norm (0 where that is 0).
DenseMatrix unit_rows(const DenseMatrix& embedding, std::size_t first, std::size_t last);

// One modality: the cells as points, and their nearest neighbours, the cell itself first in both lists.
struct WnnModality {
    DenseMatrix points;
    Neighbours near, wide;  // k and K of them
};

// With exact neighbours, k = min(20, N - 1) and K = min(200, N). At least three cells.
WnnModality wnn_modality(DenseMatrix points, int threads);

// What is known of each cell in one modality.
struct WnnQuantities {
    std::vector<double> nearest;      // distance to the nearest neighbour
    std::vector<double> sigma;        // width of the kernel
    std::vector<double> within_dist;  // to the mean of the neighbours of this modality, less `nearest`
    std::vector<double> cross_dist;   // to the mean of the neighbours of the other
    std::vector<double> score;        // 0 .. 200
    std::vector<double> weight;       // of both modalities: sum 1
};

struct Wnn {
    std::array<WnnQuantities, 2> quantities;
    Neighbours neighbours;  // the k most alike in both together, without the cell itself; distance
                            // sqrt((1 - similarity) / 2)
    DoubleMatrix graph;     // shared-neighbour graph over these lists, pruned at 1/15: what is clustered
};

Wnn weighted_neighbours(const std::array<WnnModality, 2>& modalities, int threads);

}  // namespace epi
