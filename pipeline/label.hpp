#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "label/cell_graph.hpp"

namespace epi {

struct LabelOptions {
    std::filesystem::path atac;       // .h5ad of cells x peaks
    std::filesystem::path rna;        // .h5ad of cells x genes; needed for a reference
    std::filesystem::path cells;      // only these (kept); empty: all that both have
    std::filesystem::path reference;  // expression of known types: names the clusters
    std::filesystem::path labels;     // or: a table (or .h5ad) that has the labels
    std::string cell_column;          // of it; empty: barcode or cell
    std::string label_column = "cell_type";
    std::vector<std::string> unlabelled;  // labels that mean no label
    CellGraphOptions graph;               // its seed is replaced by the run's
    double resolution = 1;
    int reference_genes = 3000;
    std::filesystem::path output;  // folder
};

struct LabelResult {
    std::int64_t cells = 0, labelled = 0;
    std::int32_t clusters = 0;
};

// Clusters the cells by RNA and ATAC together (by ATAC alone where there is no RNA) and names them: each
// cluster by its best correlation with a reference, or each cell by a table, or not at all (cell_type stays
// empty). Writes labels.tsv (barcode cluster cell_type score runner_up runner_up_score), embeddings.h5ad
// (obsm X_pca, X_lsi, X_umap) and label.json. Cells are in the order of --cells, else of the ATAC matrix.
// InputError: no cell in common between the files; no gene in common with the reference; as build_cell_graph.
LabelResult run_label(const LabelOptions& options, const RunContext& context);

}  // namespace epi
