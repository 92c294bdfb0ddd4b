#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "model/config.hpp"
#include "train/sampling.hpp"
#include "train/settings.hpp"

namespace epi {

// Cells of three types; each opens the peaks and expresses the genes of its type, and a few at random.
class MadeUpCells : public CellSource {
  public:
    MadeUpCells(std::int64_t n, std::uint64_t seed) {
        for (std::int64_t i = 0; i < n; ++i) {
            Rng rng(seed, static_cast<std::uint64_t>(i));
            TrainingCell cell;
            cell.cell_type = static_cast<std::int32_t>(i % 3);
            cell.batch = 0;
            for (std::int32_t peak = 0; peak < 60; ++peak)
                if (rng.chance(peak % 3 == cell.cell_type ? 0.7 : 0.15)) cell.peaks.push_back(peak);
            for (std::int32_t gene = 0; gene < 30; ++gene)
                if (rng.chance(gene % 3 == cell.cell_type ? 0.7 : 0.1)) {
                    cell.genes.push_back(gene);
                    cell.counts.push_back(static_cast<std::int32_t>(1 + rng.below(9)));
                }
            cells.push_back(cell);
        }
    }
    std::int64_t size() const override { return static_cast<std::int64_t>(cells.size()); }
    void read(std::int64_t cell, TrainingCell& out) const override {
        out = cells[static_cast<std::size_t>(cell)];
    }
    std::int64_t open_peaks(std::int64_t cell) const override {
        return std::ssize(cells[static_cast<std::size_t>(cell)].peaks);
    }
    std::int32_t cell_type(std::int64_t cell) const override {
        return cells[static_cast<std::size_t>(cell)].cell_type;
    }
    std::string name(std::int64_t cell) const override { return "cell" + std::to_string(cell); }

    std::vector<TrainingCell> cells;
};

inline ModelConfig small_config() {
    auto config = model_preset("tiny");
    config.embed_dim = 16;
    config.heads = 2;
    config.ffn_dim = 32;
    config.query_dim = 16;
    config.peaks = 60 + kSpecials;
    config.genes = 30 + kSpecials;
    config.chromosomes = 1 + kSpecials;
    config.cell_types = 3;
    return config;
}

// For these cells: cell types, all peaks of a cell.
inline TrainSettings small_settings(int epochs) {
    auto settings = train_preset("tiny", "cell-type");
    settings.epochs = epochs;
    settings.cells_per_update = 12;
    settings.learning_rate = 3e-3;
    settings.peak_learning_rate = 1;
    settings.peaks_per_cell = 0;
    return settings;
}

}  // namespace epi
