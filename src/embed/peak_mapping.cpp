#include "embed/peak_mapping.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "core/text.hpp"
#include "genome/contig_names.hpp"
#include "genome/interval_index.hpp"

namespace epi {
namespace {

constexpr std::uint32_t kUnknown = ~std::uint32_t{0};

// The model's id of each of the sample's chromosomes, in the sample's style of names or in the other one.
std::vector<std::uint32_t> chromosome_ids(const Chromosomes& sample, const Chromosomes& model,
                                          bool other_style) {
    std::vector<std::uint32_t> ids;
    for (const auto& name : sample.names())
        ids.push_back(model.find(other_style ? other_chromosome_style(name) : name).value_or(kUnknown));
    return ids;
}

std::int64_t peaks_on_known(const IntervalSet& sample, const std::vector<std::uint32_t>& ids) {
    return std::ranges::count_if(sample.intervals,
                                 [&](const Interval& peak) { return ids[peak.chrom] != kUnknown; });
}

// Appends the model peaks that overlap, ascending.
void find_overlapping(const IntervalIndex& index, const Interval& peak, std::vector<std::int32_t>& found) {
    const auto first = static_cast<std::ptrdiff_t>(found.size());
    index.overlaps(peak.chrom, static_cast<std::int32_t>(peak.start), static_cast<std::int32_t>(peak.end),
                   [&](const auto& entry) { found.push_back(static_cast<std::int32_t>(entry.id)); });
    std::sort(found.begin() + first, found.end());
}

using Coordinates = std::tuple<std::uint32_t, std::int64_t, std::int64_t>;

Coordinates coordinates(const Interval& peak, std::uint32_t chrom) {
    return {chrom, peak.start, peak.end};
}

// Each peak of the sample to the same peak of the model; nothing if one is not there.
std::optional<PeakMapping> exact_mapping(const IntervalSet& sample, const IntervalSet& model,
                                         const std::vector<std::uint32_t>& ids) {
    std::map<Coordinates, std::int32_t> model_index;
    for (std::size_t i = 0; i < model.size(); ++i)
        model_index.emplace(coordinates(model.intervals[i], model.intervals[i].chrom),
                            static_cast<std::int32_t>(i));
    PeakMapping mapping;
    for (const auto& peak : sample.intervals) {
        const auto found = model_index.find(coordinates(peak, ids[peak.chrom]));
        if (found == model_index.end()) return std::nullopt;
        mapping.targets.push_back(found->second);
        mapping.offsets.push_back(static_cast<std::int64_t>(mapping.targets.size()));
    }
    mapping.exact = true;
    return mapping;
}

std::array<double, 5> five_numbers(std::vector<double> values) {
    std::array<double, 5> result{};
    if (values.empty()) return result;
    std::ranges::sort(values);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double position = static_cast<double>(i) / 4 * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const auto above = std::min(below + 1, values.size() - 1);
        result[i] = values[below] + (position - static_cast<double>(below)) * (values[above] - values[below]);
    }
    return result;
}

double share(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(double value) {
    return format_double(std::round(value * 1000) / 10) + " %";
}

}  // namespace

double MappingCoverage::share_of_sample_peaks() const {
    return share(sample_peaks_mapped, sample_peaks);
}
double MappingCoverage::share_of_model_peaks() const {
    return share(model_peaks_reachable, model_peaks);
}
double MappingCoverage::share_of_entries() const {
    return share(open_entries_kept, open_entries);
}

PeakMapping map_peaks(const IntervalSet& sample, const IntervalSet& model) {
    auto ids = chromosome_ids(sample.chromosomes, model.chromosomes, false);
    std::string renamed;
    if (peaks_on_known(sample, ids) == 0) {
        const auto others = chromosome_ids(sample.chromosomes, model.chromosomes, true);
        if (peaks_on_known(sample, others) > 0) {
            ids = others;
            const auto known = std::ranges::find_if(ids, [](auto id) { return id != kUnknown; });
            renamed = model.chromosomes.name(*known).starts_with("chr") ? "chr added" : "chr removed";
        }
    }
    auto mapping = exact_mapping(sample, model, ids).value_or(PeakMapping{});
    mapping.model_peaks = static_cast<std::int64_t>(model.size());
    mapping.renamed = renamed;
    if (mapping.exact) return mapping;
    const IntervalIndex index(model.intervals, model.chromosomes.size());
    for (auto peak : sample.intervals) {
        peak.chrom = ids[peak.chrom];
        if (peak.chrom != kUnknown) find_overlapping(index, peak, mapping.targets);
        mapping.offsets.push_back(static_cast<std::int64_t>(mapping.targets.size()));
    }
    return mapping;
}

OpenPeaks open_peaks_of(const DoubleMatrix& counts) {
    OpenPeaks result;
    result.cols = counts.cols;
    std::vector<std::int32_t> open;
    for (std::int64_t cell = 0; cell < counts.rows; ++cell) {
        open.clear();
        const auto peaks = counts.row_indices(cell);
        const auto values = counts.row_values(cell);
        for (std::size_t i = 0; i < peaks.size(); ++i)
            if (values[i] > 0) open.push_back(peaks[i]);
        result.add_row(open, std::vector<std::uint8_t>(open.size(), 1));
    }
    return result;
}

MappedCells map_cells(const OpenPeaks& cells, const PeakMapping& mapping) {
    check(cells.cols == mapping.sample_peaks(), "map_cells: the matrix has the mapping's peaks");
    MappedCells result;
    auto& coverage = result.coverage;
    coverage.exact = mapping.exact;
    coverage.renamed = mapping.renamed;
    coverage.cells = cells.rows;
    coverage.sample_peaks = mapping.sample_peaks();
    coverage.model_peaks = mapping.model_peaks;
    for (std::int64_t peak = 0; peak < mapping.sample_peaks(); ++peak)
        if (!mapping.of(peak).empty()) ++coverage.sample_peaks_mapped;
    std::vector<bool> reachable(static_cast<std::size_t>(mapping.model_peaks));
    for (const auto target : mapping.targets) reachable[static_cast<std::size_t>(target)] = true;
    coverage.model_peaks_reachable = std::ranges::count(reachable, true);

    result.open.cols = mapping.model_peaks;
    std::vector<std::int32_t> open;
    std::vector<double> tokens;
    for (std::int64_t cell = 0; cell < cells.rows; ++cell) {
        open.clear();
        for (const auto peak : cells.row_indices(cell)) {
            const auto targets = mapping.of(peak);
            ++coverage.open_entries;
            if (!targets.empty()) ++coverage.open_entries_kept;
            open.insert(open.end(), targets.begin(), targets.end());
        }
        std::ranges::sort(open);
        open.erase(std::unique(open.begin(), open.end()), open.end());
        result.open.add_row(open, std::vector<std::uint8_t>(open.size(), 1));
        tokens.push_back(static_cast<double>(open.size()));
        if (open.empty()) ++coverage.cells_without_tokens;
    }
    coverage.tokens_per_cell = five_numbers(std::move(tokens));
    return result;
}

void require_coverage(const MappingCoverage& coverage, double min_share, std::string_view place) {
    if (coverage.open_entries > 0 && coverage.share_of_entries() >= min_share) return;
    if (coverage.open_entries == 0)
        throw InputError(place, "no cell has an open peak", "give a matrix with counts of ATAC peaks");
    throw InputError(
        place,
        "only " + percent(coverage.share_of_entries()) + " of the open peaks of its cells overlap the " +
            "model's peaks (" + with_commas(coverage.sample_peaks_mapped) + " of " +
            with_commas(coverage.sample_peaks) + " peaks map, to " +
            with_commas(coverage.model_peaks_reachable) + " of the model's " +
            with_commas(coverage.model_peaks) + "); at least " + percent(min_share) + " is asked for",
        "check that sample and model have the same genome build, annotate from the fragment file, or "
        "lower --min-mapped");
}

}  // namespace epi
