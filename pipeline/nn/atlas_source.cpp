#include "pipeline/nn/atlas_source.hpp"

#include <set>

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

std::vector<std::string> labels_among(const AtlasCells& atlas, const std::vector<std::int64_t>& cells,
                                      CellLabel label) {
    std::set<std::string> names;
    for (const auto cell : cells)
        if (const auto name = label_of(atlas, cell, label); !name.empty()) names.emplace(name);
    return {names.begin(), names.end()};
}

}  // namespace epi
