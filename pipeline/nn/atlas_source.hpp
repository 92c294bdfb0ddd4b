#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "batches/atlas_cells.hpp"
#include "batches/cell_filter.hpp"
#include "train/cell_source.hpp"
#include "train/settings.hpp"

namespace epi {

// Chosen cells of an atlas as the trainer reads them, with labels as numbers into given lists (a name that is
// not listed: -1). The atlas outlives it.
class AtlasSource : public CellSource {
  public:
    AtlasSource(const AtlasCells& atlas, std::vector<std::int64_t> cells,
                const std::vector<std::string>& cell_types, const std::vector<std::string>& batches);

    std::int64_t size() const override { return static_cast<std::int64_t>(cells_.size()); }
    void read(std::int64_t cell, TrainingCell& out) const override;
    std::int32_t cell_type(std::int64_t cell) const override {
        return types_[static_cast<std::size_t>(cell)];
    }
    std::string name(std::int64_t cell) const override {
        return atlas_.name(cells_[static_cast<std::size_t>(cell)]);
    }
    std::vector<std::int64_t> epoch_order(std::uint64_t seed) const override;
    void will_need(std::span<const std::int64_t> cells) const override;
    // From now on epoch_order() draws each value of this column equally often (Balance::None: each cell
    // once).
    void balance_by(Balance balance);
    const std::vector<std::int64_t>& cells() const { return cells_; }

  private:
    const AtlasCells& atlas_;
    std::vector<std::int64_t> cells_;
    std::vector<std::int32_t> types_, batches_;
    std::vector<std::int32_t> balanced_;  // value of each cell; empty: not balanced
};

// The cells of split `split` (all cells of no split where the atlas has none) that `where` chooses, in order.
std::vector<std::int64_t> cells_to_use(const AtlasCells& atlas, std::string_view split,
                                       const CellFilter& where);

// The distinct non-empty values of a label among these cells, in lexicographic order.
enum class CellLabel { CellType, Batch };
std::vector<std::string> labels_among(const AtlasCells& atlas, const std::vector<std::int64_t>& cells,
                                      CellLabel label);

}  // namespace epi
