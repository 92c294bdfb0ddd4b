#pragma once
#include <cstdint>
#include <future>
#include <vector>

#include "train/batch.hpp"

namespace epi {

// The cells of one update after another, drawn by a thread of their own while the last ones are computed.
// What is drawn follows from the seed and the number of the update alone.
class UpdateFeed {
  public:
    // The source outlives it.
    UpdateFeed(const CellSource& cells, const TrainSettings& settings, const ModelConfig& config,
               GeneTask task, std::uint64_t seed);

    std::int64_t updates_per_epoch() const;
    // Of update `update`, counted from 0 over the whole training; starts to draw the next. Cells that are
    // computed at once are sorted by length.
    std::vector<DrawnCell> get(std::int64_t update);
    // How long get() has waited for cells in all.
    double seconds_waited() const { return waited_; }

  private:
    std::vector<DrawnCell> draw(std::int64_t update);

    const CellSource& cells_;
    TrainSettings settings_;
    ModelConfig config_;
    GeneTask task_;
    std::uint64_t seed_;
    std::vector<std::int64_t> order_;  // of order_epoch_; only the drawing thread looks at it
    std::int64_t order_epoch_ = -1;
    double waited_ = 0;
    std::int64_t ahead_of_ = -1;                 // what `ahead_` draws
    std::future<std::vector<DrawnCell>> ahead_;  // last: its thread ends before the rest goes
};

}  // namespace epi
