#include "pipeline/nn/atlas_source.hpp"

#include <set>

#include "core/error.hpp"

namespace epi {

AtlasSource::AtlasSource(const AtlasCells& atlas, CellSet cells, const std::vector<std::string>& cell_types,
                         const std::vector<std::string>& batches)
    : atlas_(atlas), cells_(std::move(cells)), cell_types_(numbers(cell_types)), batches_(numbers(batches)) {}

AtlasSource::Numbers AtlasSource::numbers(const std::vector<std::string>& names) {
    Numbers result;
    for (const auto& name : names) result.emplace(name, static_cast<std::int32_t>(result.size()));
    return result;
}

std::int32_t AtlasSource::number_of(const Numbers& numbers, std::string_view name) {
    const auto found = numbers.find(name);
    return found == numbers.end() ? -1 : found->second;
}

void AtlasSource::read(std::int64_t cell, TrainingCell& out) const {
    const auto id = cells_[cell];
    const auto peaks = atlas_.peaks_of(id), genes = atlas_.genes_of(id);
    out.peaks.assign(peaks.begin(), peaks.end());
    out.genes.assign(genes.begin(), genes.end());
    out.counts = atlas_.counts_of(id);
    out.cell_type = number_of(cell_types_, atlas_.cell_type(id));
    out.batch = number_of(batches_, atlas_.batch(id));
}

void AtlasSource::balance_by(Balance balance) {
    balanced_.reset();
    if (balance == Balance::None) return;
    const auto label = AtlasCells::label_named(names_of(balance)[static_cast<std::size_t>(balance)]);
    check(label != nullptr, "a name of Balance is a column of the atlas");
    balanced_.emplace(size(), [&](std::int64_t cell) { return (atlas_.*label)(cells_[cell]); });
}

CellSource::Order AtlasSource::epoch_order(std::uint64_t seed) const {
    if (!balanced_) return CellSource::epoch_order(seed);
    return [this, seed](std::int64_t i) { return balanced_->at(i, seed); };
}

void AtlasSource::will_need(std::span<const std::int64_t> cells) const {
    std::vector<std::int64_t> ids;
    for (const auto cell : cells) ids.push_back(cells_[cell]);
    atlas_.will_need(ids);
}

CellSet cells_to_use(const AtlasCells& atlas, std::string_view split, const CellFilter& where,
                     const std::function<bool(std::int64_t)>& usable) {
    const auto part = atlas.has_split() || split != "train" ? split : "";
    return {atlas.size(), [&](std::int64_t cell) {
                return atlas.split(cell) == part && where(atlas, cell) && usable(cell);
            }};
}

std::vector<std::string> labels_among(const AtlasCells& atlas, const CellSet& cells, CellLabel label) {
    std::set<std::string, std::less<>> names;
    for (std::int64_t i = 0; i < cells.size(); ++i) {
        const auto name = label == CellLabel::CellType ? atlas.cell_type(cells[i]) : atlas.batch(cells[i]);
        if (!name.empty() && !names.contains(name)) names.emplace(name);
    }
    return {names.begin(), names.end()};
}

}  // namespace epi
