#pragma once
#include <optional>
#include <string>
#include <vector>

#include "pipeline/nn/annotate_input.hpp"

namespace epi {

// Counts a fragment file on the model's peaks, with the QC that `count` gives (TSSs of the model's genes).
// The cells are those `wanted`, else the barcodes with at least options.min_fragments fragments.
SampleCells count_fragments_on_model(const AnnotateOptions& options, const ModelFolder& model,
                                     const std::optional<std::vector<std::string>>& wanted,
                                     const RunContext& context);

}  // namespace epi
