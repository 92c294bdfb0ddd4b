#include "pipeline/nn/atlas_source.hpp"

#include <set>

#include "batches/cell_order.hpp"

namespace epi {
namespace {

std::string_view label_of(const AtlasCells& atlas, std::int64_t cell, CellLabel label) {
    return label == CellLabel::CellType ? atlas.cell_type(cell) : atlas.batch(cell);
}

std::vector<std::int32_t> codes(const AtlasCells& atlas, const std::vector<std::int64_t>& cells,
                                CellLabel label, const std::vector<std::string>& names) {
    std::unordered_map<std::string_view, std::int32_t> code;
    for (std::size_t i = 0; i < names.size(); ++i) code.emplace(names[i], static_cast<std::int32_t>(i));
    std::vector<std::int32_t> result;
    for (const auto cell : cells) {
        const auto found = code.find(label_of(atlas, cell, label));
        result.push_back(found == code.end() ? -1 : found->second);
    }
    return result;
}

}  // namespace

AtlasSource::AtlasSource(const AtlasCells& atlas, std::vector<std::int64_t> cells,
                         const std::vector<std::string>& cell_types, const std::vector<std::string>& batches)
    : atlas_(atlas),
      cells_(std::move(cells)),
      types_(codes(atlas, cells_, CellLabel::CellType, cell_types)),
      batches_(codes(atlas, cells_, CellLabel::Batch, batches)) {}

void AtlasSource::read(std::int64_t cell, TrainingCell& out) const {
    const auto row = static_cast<std::size_t>(cell);
    const auto id = cells_[row];
    const auto peaks = atlas_.peaks_of(id), genes = atlas_.genes_of(id);
    out.peaks.assign(peaks.begin(), peaks.end());
    out.genes.assign(genes.begin(), genes.end());
    out.counts = atlas_.counts_of(id);
    out.cell_type = types_[row];
    out.batch = batches_[row];
}

void AtlasSource::balance_by(Balance balance) {
    balanced_.clear();
    if (balance == Balance::None) return;
    balanced_ = value_codes(atlas_, cells_, names_of(Balance{})[static_cast<std::size_t>(balance)]);
}

std::vector<std::int64_t> AtlasSource::epoch_order(std::uint64_t seed) const {
    return balanced_.empty() ? CellSource::epoch_order(seed) : balanced_order(balanced_, size(), seed);
}

void AtlasSource::will_need(std::span<const std::int64_t> cells) const {
    std::vector<std::int64_t> ids;
    for (const auto cell : cells) ids.push_back(cells_[static_cast<std::size_t>(cell)]);
    atlas_.will_need(ids);
}

std::vector<std::int64_t> cells_to_use(const AtlasCells& atlas, std::string_view split,
                                       const CellFilter& where) {
    std::vector<std::int64_t> chosen;
    for (const auto cell : atlas.cells_in(atlas.has_split() || split != "train" ? split : ""))
        if (where(atlas, cell)) chosen.push_back(cell);
    return chosen;
}

std::vector<std::string> labels_among(const AtlasCells& atlas, const std::vector<std::int64_t>& cells,
                                      CellLabel label) {
    std::set<std::string> names;
    for (const auto cell : cells)
        if (const auto name = label_of(atlas, cell, label); !name.empty()) names.emplace(name);
    return {names.begin(), names.end()};
}

}  // namespace epi
