#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "batches/atlas_cells.hpp"
#include "batches/cell_filter.hpp"
#include "batches/cell_order.hpp"
#include "batches/cell_set.hpp"
#include "train/cell_source.hpp"
#include "train/settings.hpp"

namespace epi {

// Chosen cells of an atlas as the trainer reads them, with labels as numbers into given lists (a name that is
// not listed: -1). The atlas outlives it. Labels are looked up when they are asked for, so that of a cell
// only its place in the set is held (and 4 bytes where draws are balanced).
class AtlasSource : public CellSource {
  public:
    AtlasSource(const AtlasCells& atlas, CellSet cells, const std::vector<std::string>& cell_types,
                const std::vector<std::string>& batches);

    std::int64_t size() const override { return cells_.size(); }
    void read(std::int64_t cell, TrainingCell& out) const override;
    std::int32_t cell_type(std::int64_t cell) const override {
        return number_of(cell_types_, atlas_.cell_type(cells_[cell]));
    }
    std::string name(std::int64_t cell) const override { return atlas_.name(cells_[cell]); }
    std::int64_t open_peaks(std::int64_t cell) const override { return atlas_.peak_count(cells_[cell]); }
    Order epoch_order(std::uint64_t seed) const override;
    void will_need(std::span<const std::int64_t> cells) const override;
    // From now on epoch_order() draws each value of this column equally often (Balance::None: each cell
    // once).
    void balance_by(Balance balance);
    const CellSet& cells() const { return cells_; }

  private:
    // Of one of the given names.
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    using Numbers = std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>>;
    static Numbers numbers(const std::vector<std::string>& names);
    static std::int32_t number_of(const Numbers& numbers, std::string_view name);

    const AtlasCells& atlas_;
    CellSet cells_;
    Numbers cell_types_, batches_;
    std::optional<BalancedOrder> balanced_;
};

// The cells of split `split` (all cells of no split where the atlas has none) that `where` chooses and
// `usable` says yes to.
CellSet cells_to_use(const AtlasCells& atlas, std::string_view split, const CellFilter& where,
                     const std::function<bool(std::int64_t)>& usable);

// The distinct non-empty values of a label among these cells, in lexicographic order.
enum class CellLabel { CellType, Batch };
std::vector<std::string> labels_among(const AtlasCells& atlas, const CellSet& cells, CellLabel label);

}  // namespace epi
