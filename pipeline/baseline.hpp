#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/run_context.hpp"

namespace epi {

// A simple method, fitted on the labelled training cells of an atlas (split "train"; all cells if the atlas
// was not split), to measure a model against.
struct BaselineOptions {
    std::filesystem::path input;   // atlas folder, .h5mu or .h5ad with cell types
    std::filesystem::path apply;   // other cells on the same peaks; empty: all cells of the input
    std::string method = "lsi";    // "lsi", "peaks"
    std::string classifier;        // lsi: "knn" or empty; peaks: "logistic" or "naive-bayes"
    int components = 30;           // lsi: of the SVD, before those that follow depth are left out
    int neighbours = 15;           // knn
    double c = 10;                 // logistic: inverse strength of the penalty
    double alpha = 1;              // naive-bayes: additive smoothing
    std::filesystem::path output;  // FILE.h5ad; with a classifier predictions.tsv beside it
};

struct BaselineResult {
    std::int64_t training_cells = 0, cells = 0;
    std::vector<std::string> cell_types;
};

// Writes an .h5ad of the cells (obs: what is known of them, predicted_cell_type, confidence, runner_up,
// runner_up_confidence; obsm: X_lsi, cell_type_probabilities), and predictions.tsv with the same columns.
// UsageError: a classifier that the method has not. InputError: no labelled training cells, or of one type
// only; other peaks in `apply` than in the input.
BaselineResult baseline(const BaselineOptions& options, const RunContext& context);

}  // namespace epi
