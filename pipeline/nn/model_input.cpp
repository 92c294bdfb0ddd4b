#include "pipeline/nn/model_input.hpp"

#include <algorithm>
#include <cmath>

#include "batches/atlas_cells.hpp"
#include "core/text.hpp"

namespace epi {
namespace {

// One decimal.
std::string percent(double share) {
    return format_double(std::round(share * 1000) / 10) + " %";
}

DataFrame cell_columns(const AtlasCells& cells) {
    DataFrame obs;
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) obs.index.push_back(cells.name(cell));
    for (const auto* name : {"sample", "batch", "donor", "tissue", "cell_type"}) {
        const auto values = cells.column(name);
        const bool known = std::ranges::any_of(values, [](const auto& value) { return !value.empty(); });
        if (known) obs.set(name, make_categorical(values));
    }
    return obs;
}

std::vector<std::int64_t> batch_numbers(const AtlasCells& cells, const std::vector<std::string>& batches) {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(cells.size()), -1);
    for (std::size_t cell = 0; cell < numbers.size(); ++cell) {
        const auto found = std::ranges::find(batches, cells.batch(static_cast<std::int64_t>(cell)));
        if (found != batches.end()) numbers[cell] = found - batches.begin();
    }
    return numbers;
}

}  // namespace

MappedCells onto_model(const OpenPeaks& cells, const IntervalSet& peaks, const ModelFolder& model,
                       double min_mapped, const std::filesystem::path& path, const RunContext& context) {
    auto mapped = map_cells(cells, map_peaks(peaks, model.peaks));
    const auto& coverage = mapped.coverage;
    require_coverage(coverage, min_mapped, path.string());
    if (!coverage.renamed.empty())
        context.note(path.string() + ": " + coverage.renamed + " to match the model");
    if (!coverage.exact)
        context.note(path.string() + ": other peaks than the model's, mapped by overlap: " +
                     percent(coverage.share_of_entries()) + " of the open entries kept, " +
                     percent(coverage.share_of_sample_peaks()) + " of its peaks, " +
                     percent(coverage.share_of_model_peaks()) + " of the model's reached");
    return mapped;
}

ModelInput read_model_input(const std::filesystem::path& path, const ModelFolder& model,
                            const std::filesystem::path& model_path, double min_mapped,
                            const RunContext& context) {
    const auto cells = AtlasCells::open(path);
    for (const auto& note : cells.notes()) context.note(note);
    ModelInput input;
    input.obs = cell_columns(cells);
    input.batch = batch_numbers(cells, model.batches);
    OpenPeaks open;
    open.cols = cells.n_peaks();
    const std::vector<std::uint8_t> ones(static_cast<std::size_t>(open.cols), 1);
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) {
        const auto peaks = cells.peaks_of(cell);
        open.add_row(peaks, std::span(ones).first(peaks.size()));
    }
    if (std::filesystem::is_directory(path)) {
        const auto genes = cells.gene_identity().empty() ? model.genes_identity() : cells.gene_identity();
        check_same_features(model, model_path, cells.peak_identity(), genes, path);
        input.open = std::move(open);
        return input;
    }
    auto mapped = onto_model(open, cells.peaks(), model, min_mapped, path, context);
    input.open = std::move(mapped.open);
    input.mapping = mapped.coverage;
    return input;
}

nlohmann::ordered_json to_json(const MappingCoverage& coverage) {
    return {{"exact", coverage.exact},
            {"renamed", coverage.renamed},
            {"sample_peaks", coverage.sample_peaks},
            {"sample_peaks_mapped", coverage.sample_peaks_mapped},
            {"model_peaks", coverage.model_peaks},
            {"model_peaks_reachable", coverage.model_peaks_reachable},
            {"open_entries", coverage.open_entries},
            {"open_entries_kept", coverage.open_entries_kept},
            {"share_of_entries", coverage.share_of_entries()},
            {"tokens_per_cell",
             {{"min", coverage.tokens_per_cell[0]},
              {"q25", coverage.tokens_per_cell[1]},
              {"median", coverage.tokens_per_cell[2]},
              {"q75", coverage.tokens_per_cell[3]},
              {"max", coverage.tokens_per_cell[4]}}},
            {"cells", coverage.cells},
            {"cells_without_tokens", coverage.cells_without_tokens}};
}

}  // namespace epi
