#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "label/wnn.hpp"
#include "matrix/csr.hpp"
#include "matrix/dense.hpp"
#include "matrix/neighbours.hpp"

namespace epi {

// The choices of the EpiFoundation paper, and of Signac's Multiome vignette where it is silent.
struct CellGraphOptions {
    int variable_genes = 2000;
    int pca_components = 50;
    int lsi_components = 40;    // the first is computed and then left out: it follows depth
    double min_peak_count = 5;  // peaks with a larger total over the cells take part
    std::uint64_t seed = 0;
};

// Counts of the same cells, with the names by which messages speak of them.
struct CellGraphInput {
    DoubleMatrix atac;
    std::string atac_name;
    std::optional<DoubleMatrix> lognorm, rna;  // log-normalised and raw; both or none
    std::string rna_name;
};

struct CellGraph {
    DenseMatrix pca, lsi;  // cells x components; pca empty without RNA; lsi with the first component
    std::vector<double> rna_weight;  // of the RNA in the joint graph; empty without RNA
    Neighbours neighbours;           // of both together, without the cell itself
    DoubleMatrix graph;              // shared-neighbour graph to be clustered
    std::size_t variable_genes = 0, peaks = 0;
};

// PCA of the RNA, LSI of the peaks, and the graph over both (WNN), or over the peaks alone. With few cells
// the numbers of components and neighbours shrink to what there is. InputError: fewer than three cells; fewer
// than two genes or peaks to work with.
CellGraph build_cell_graph(const CellGraphInput& input, const CellGraphOptions& options, int threads);

}  // namespace epi
