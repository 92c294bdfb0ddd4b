#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "embed/peak_mapping.hpp"
#include "matrix/dense.hpp"
#include "pipeline/nn/embedding_columns.hpp"
#include "pipeline/nn/model_folder.hpp"

namespace epi {

// InputError unless the model was fine-tuned on cell types.
void require_cell_types(const ModelFolder& model, const std::filesystem::path& path);

// A verdict for each row of `probabilities`: unassigned ("no open peaks", "few open peaks", "low confidence")
// by the model's calibration; `min_confidence` replaces the model's threshold.
std::vector<CellTypeVerdict> verdicts_of(const DenseMatrix& probabilities, const OpenPeaks& open,
                                         std::optional<double> min_confidence,
                                         const Calibration& calibration);

}  // namespace epi
