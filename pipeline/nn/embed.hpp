#pragma once
#include <filesystem>

#include "core/run_context.hpp"

namespace epi {

struct EmbedOptions {
    std::filesystem::path input;  // an atlas, .h5mu or .h5ad; may be empty with `regions`
    std::filesystem::path model;
    std::filesystem::path output;  // FILE.h5ad
    bool regions = false;          // the model's peaks instead of cells
    double min_mapped = 0.5;       // least share of a file's open entries that must reach the model's peaks
};

struct EmbedResult {
    std::int64_t rows = 0, width = 0;
};

// Writes obsm["X_epifoundry"] (float32), a row per cell with sample batch donor tissue cell_type where known,
// or a row per region with chrom start end. A row depends on the cell, the weights and the seed alone.
// InputError as read_model and read_model_input.
EmbedResult embed(const EmbedOptions& options, const RunContext& context);

}  // namespace epi
