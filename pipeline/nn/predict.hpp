#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "core/run_context.hpp"

namespace epi {

struct PredictOptions {
    std::filesystem::path input;  // an atlas, .h5mu or .h5ad
    std::filesystem::path model;
    std::filesystem::path output;    // FILE.h5ad
    std::string task = "cell-type";  // or "expression"
    // Cells whose confidence is lower are `unassigned`; not given: what the model says (fitted by finetune).
    std::optional<double> min_confidence;
    double min_mapped = 0.5;      // least share of a file's open entries that must reach the model's peaks
    double prior_correction = 0;  // expression: the share of genes that a cell expresses; 0: no correction
};

struct PredictResult {
    std::int64_t cells = 0, unassigned = 0;
};

// cell-type: FILE.h5ad with obs predicted_cell_type confidence runner_up runner_up_confidence best_cell_type
// reason, obsm X_epifoundry and cell_type_probabilities (columns as uns["cell_types"]); and predictions.tsv
// beside it with the same columns. expression: FILE.h5ad with X = P(expressed), cells x the model's genes, or
// the binned expression where the model was fine-tuned for it. InputError as read_model and read_model_input,
// and if the model was not trained for the task.
PredictResult predict(const PredictOptions& options, const RunContext& context);

}  // namespace epi
