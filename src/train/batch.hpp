#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

#include "model/network.hpp"
#include "train/cell_source.hpp"
#include "train/settings.hpp"

namespace epi {

// What the gene decoder learns: Expressed: silent or expressed (cross-entropy). Level: the bin 0..9 of the
// count (squared error, value head).
enum class GeneTask { Expressed, Level };

// One cell as a step sees it: peaks and genes drawn, targets made.
struct DrawnCell {
    std::int64_t cell = 0;  // in its source
    std::vector<std::int32_t> peaks, genes;
    std::vector<std::int32_t>
        pooled;  // the peaks the cell's vector starts from (Pooling::Mean); empty: `peaks`
    std::vector<std::int32_t> targets;  // of the genes: 0 or 1, or the bin
    std::int32_t cell_type = -1, batch = -1;
};

// Draws up to `max_peaks` peaks, and genes, of a cell; the same for the same `seed`. With Pooling::Mean the
// cell still starts from all its peaks (up to the network's most).
DrawnCell draw_cell(const CellSource& source, std::int64_t cell, std::size_t max_peaks,
                    const ModelConfig& config, GeneTask task, std::uint64_t seed);

// Sums over cells or genes and what they are sums of, so that parts of an update add up.
struct Losses {
    torch::Tensor gene, cell_type;  // summed; undefined where there is nothing to predict
    double genes = 0, genes_right = 0, genes_expressed = 0, genes_expressed_right = 0;
    double cell_weight = 0;
    std::vector<std::pair<std::int32_t, std::int32_t>> predicted;  // (cell type, predicted) of labelled cells
};

// Whether products are computed in bf16 on this device.
bool uses_bf16(const TrainSettings& settings, torch::Device device);

// Losses of some cells in one forward pass. `class_weights` (cell_types, or undefined) weighs cells.
Losses losses_of(const Network& network, std::span<const DrawnCell> cells, const TrainSettings& settings,
                 GeneTask task, const torch::Tensor& class_weights);

// Ends of consecutive groups of cells of at most `tokens` tokens each (a longer cell alone).
std::vector<std::size_t> token_groups(std::span<const DrawnCell> cells, std::int64_t tokens);

}  // namespace epi
