#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "core/run_context.hpp"
#include "pipeline/nn/model_folder.hpp"
#include "train/cell_source.hpp"

namespace epi {

// Fits how far the cell type head may be believed, on labelled validation cells: the temperature minimises
// their negative log likelihood; `unassigned_below` is the confidence that 95 % of those predicted rightly
// exceed (so that about 5 % of good cells stay unassigned); `min_open_peaks` is half of what 99 % of the
// training cells have. With fewer than 20 labelled validation cells the first two stay 1 and 0, with a
// warning.
Calibration fit_calibration(const Network& network, const CellSource& training, const CellSource& validation,
                            std::uint64_t seed, const RunContext& context);

// The temperature > 0 that minimises the mean cross-entropy of softmax(logits / temperature).
double fit_temperature(const torch::Tensor& logits, const torch::Tensor& labels);

}  // namespace epi
