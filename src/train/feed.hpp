#pragma once
#include <cstdint>
#include <future>
#include <span>
#include <vector>

#include "train/batch.hpp"

namespace epi {

// The part of an update that one process computes.
struct UpdateCells {
    std::vector<DrawnCell> cells;
    // Cells that are computed at once end here; as many batches in every process, some perhaps empty.
    std::vector<std::size_t> ends;
    std::int64_t all_cells = 0, all_tokens = 0;  // of the whole update
};

// The cells of one update after another, drawn by a thread of their own while the last ones are computed.
// What is drawn follows from the seed and the number of the update alone.
class UpdateFeed {
  public:
    // The source outlives it. Of several processes, this is number `rank` of `processes`: each cell of an
    // update is drawn by one of them; what is computed at once, by all together.
    UpdateFeed(const CellSource& cells, const TrainSettings& settings, const ModelConfig& config,
               GeneTask task, std::uint64_t seed, int rank = 0, int processes = 1);

    std::int64_t updates_per_epoch() const;
    // Of update `update`, counted from 0 over the whole training; starts to draw the next. Cells that are
    // computed at once are sorted by length.
    UpdateCells get(std::int64_t update);
    // How long get() has waited for cells in all.
    double seconds_waited() const { return waited_; }

  private:
    struct Planned {
        std::int64_t cell, tokens;
        std::uint64_t stream;
    };
    std::size_t most_peaks() const;
    std::vector<Planned> plan(std::int64_t update);
    std::vector<std::size_t> batches_of(std::span<Planned> cells) const;
    UpdateCells draw(std::int64_t update);

    const CellSource& cells_;
    TrainSettings settings_;
    ModelConfig config_;
    GeneTask task_;
    std::uint64_t seed_;
    int rank_, processes_;
    CellSource::Order order_;  // of order_epoch_; only the drawing thread looks at it
    std::int64_t order_epoch_ = -1;
    double waited_ = 0;
    std::int64_t ahead_of_ = -1;      // what `ahead_` draws
    std::future<UpdateCells> ahead_;  // last: its thread ends before the rest goes
};

}  // namespace epi
