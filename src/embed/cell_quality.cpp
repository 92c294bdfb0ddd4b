#include "embed/cell_quality.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"

namespace epi {
namespace {

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

// Of the finite values; NaN if there is none.
double median(std::vector<double> values) {
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
    if (values.empty()) return kNotMeasured;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

struct Medians {
    double frip, open_peaks;
};

// Comparisons with NaN are false: what was not measured breaks no rule.
std::string reason_of(const CellQuality& cell, const QualityRules& rules, const Medians& medians) {
    if (cell.frip < rules.min_frip_of_median * medians.frip) return "few fragments in peaks";
    if (cell.mitochondrial_share > rules.max_mitochondrial_share) return "mitochondrial";
    if (cell.nucleosome_signal > rules.max_nucleosome_signal) return "high nucleosome signal";
    if (cell.tss_enrichment < rules.min_tss_enrichment) return "low TSS enrichment";
    if (cell.doublet_score > rules.max_doublet_score &&
        cell.open_peaks > rules.doublet_open_peaks_of_median * medians.open_peaks)
        return "doublet";
    return {};
}

}  // namespace

CellQuality::CellQuality()
    : fragments(kNotMeasured),
      open_peaks(kNotMeasured),
      frip(kNotMeasured),
      tss_enrichment(kNotMeasured),
      nucleosome_signal(kNotMeasured),
      mitochondrial_share(kNotMeasured),
      doublet_score(kNotMeasured) {}

std::vector<std::string> quality_reasons(std::span<const CellQuality> cells, const std::vector<bool>& sound,
                                         const QualityRules& rules) {
    check(sound.size() == cells.size(), "quality_reasons: every cell is sound or not");
    std::vector<double> frip, open_peaks;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (!sound[i]) continue;
        frip.push_back(cells[i].frip);
        open_peaks.push_back(cells[i].open_peaks);
    }
    const Medians medians{median(std::move(frip)), median(std::move(open_peaks))};
    std::vector<std::string> reasons;
    for (const auto& cell : cells) reasons.push_back(reason_of(cell, rules, medians));
    return reasons;
}

}  // namespace epi
