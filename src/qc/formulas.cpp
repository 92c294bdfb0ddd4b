#include "qc/formulas.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <tuple>

#include "qc/tss_windows.hpp"

namespace epi {
namespace {

constexpr std::int64_t kReach = 2003;
constexpr std::int64_t kUnit = 2520;  // divisible by 1 to 10
constexpr std::int64_t kSmoothed = 10, kHalf = 1000, kEnds = 100;

bool in_outer_hundred(std::int64_t offset) {
    return std::abs(offset) > 1900 && std::abs(offset) <= 2000;
}

// In how many of the smoothed positions first..last a cut at position p of the profile is.
std::int64_t windows_with(std::int64_t p, std::int64_t first, std::int64_t last) {
    return std::max<std::int64_t>(0, std::min(p + kSmoothed - 1, last) - std::max(p, first) + 1);
}

struct PycistopicWeights {
    std::array<std::uint32_t, 2 * kHalf + 1> centre, ends;
};

PycistopicWeights make_weights() {
    PycistopicWeights weights;
    for (std::int64_t p = 0; p <= 2 * kHalf; ++p) {
        weights.centre[p] = static_cast<std::uint32_t>(windows_with(p, kHalf - 50, kHalf + 50));
        auto ends = windows_with(p, 2 * kHalf - kEnds + 1, 2 * kHalf) * (kUnit / kSmoothed);
        for (auto q = p; q < std::min(p + kSmoothed, kEnds); ++q) ends += kUnit / std::min(q + 1, kSmoothed);
        weights.ends[p] = static_cast<std::uint32_t>(ends);
    }
    return weights;
}

void count_cut(std::int64_t offset, bool first, FormulaCounts& counts) {
    static const PycistopicWeights weights = make_weights();
    counts.archr_centre += std::abs(offset) <= 50 ? 1U : 0U;
    counts.archr_flank += in_outer_hundred(offset) ? 1U : 0U;
    counts.snapatac2_centre += first && std::abs(offset) <= 5 ? 1U : 0U;
    counts.snapatac2_flank += first && in_outer_hundred(offset) ? 1U : 0U;
    if (std::abs(offset) > kHalf) return;
    counts.pycistopic_centre += weights.centre[static_cast<std::size_t>(offset + kHalf)];
    counts.pycistopic_flank += weights.ends[static_cast<std::size_t>(offset + kHalf)];
}

// Signac's matrix around one TSS (t: counted from 1): x is one of the two numbers of the row.
void count_signac(std::int64_t t, bool reverse, std::int64_t x, FormulaCounts& counts) {
    const auto column = x - signac_bound(t - 1000) - 1;
    if (column < 1 || column > 2001) return;
    const auto along = reverse ? 2002 - column : column;
    counts.signac_centre += along >= 500 && along <= 1500 ? 1U : 0U;
    counts.signac_flank += along <= 100 || along >= 1902 ? 1U : 0U;
}

}  // namespace

FormulaCounts& FormulaCounts::operator+=(const FormulaCounts& other) {
    signac_centre += other.signac_centre;
    signac_flank += other.signac_flank;
    archr_centre += other.archr_centre;
    archr_flank += other.archr_flank;
    snapatac2_centre += other.snapatac2_centre;
    snapatac2_flank += other.snapatac2_flank;
    pycistopic_centre += other.pycistopic_centre;
    pycistopic_flank += other.pycistopic_flank;
    of_147 += other.of_147;
    of_294 += other.of_294;
    one_nucleosome += other.one_nucleosome;
    more_nucleosomes += other.more_nucleosomes;
    return *this;
}

double tss_enrichment_signac_full(const FormulaCounts& counts, double mean_flank) {
    const double flank =
        counts.signac_flank == 0 ? mean_flank : static_cast<double>(counts.signac_flank) / 200;
    return static_cast<double>(counts.signac_centre) / flank / 1001;
}

double tss_enrichment_archr(const FormulaCounts& counts) {
    return 2 * static_cast<double>(counts.archr_centre) / 101 /
           std::max(static_cast<double>(counts.archr_flank) / 100, 0.2);
}

double tss_enrichment_snapatac2(const FormulaCounts& counts) {
    return static_cast<double>(counts.snapatac2_centre) / 11 /
           (static_cast<double>(counts.snapatac2_flank) / 200 + 0.1);
}

double tss_enrichment_pycistopic(const FormulaCounts& counts) {
    const double ends =
        static_cast<double>(counts.pycistopic_flank) / static_cast<double>(kUnit) / (2 * kEnds);
    return static_cast<double>(counts.pycistopic_centre) / kSmoothed / 101 / std::max(ends, 0.2);
}

FormulaSites::FormulaSites(std::vector<Tss> sites, std::size_t chromosomes) : sites_(std::move(sites)) {
    std::vector<Interval> reaches;
    std::set<std::tuple<std::uint32_t, std::int64_t, bool>> seen;
    for (const auto& site : sites_) {
        reaches.push_back({site.chrom, site.position - kReach, site.position + kReach});
        first_.push_back(seen.emplace(site.chrom, site.position, site.reverse).second ? 1 : 0);
    }
    index_ = IntervalIndex(reaches, chromosomes);
}

void FormulaSites::count(IntervalWalk& walk, std::uint32_t chrom, std::int32_t start, std::int32_t end,
                         FormulaCounts& counts) const {
    walk.overlaps(chrom, start, end + 1, [&](const IntervalIndex::Entry& entry) {
        const Tss& site = sites_[entry.id];
        for (const auto cut : {std::int64_t{start}, std::int64_t{end} - 1})
            count_cut(site.reverse ? site.position - cut : cut - site.position, first_[entry.id] != 0,
                      counts);
        const auto t = site.position + 1;
        // Rows that overlap the window.
        if (start >= t + 1000 || end < signac_bound(t - 1000)) return;
        count_signac(t, site.reverse, start, counts);
        count_signac(t, site.reverse, end, counts);
    });
}

FormulaCounter::FormulaCounter(const FormulaSites& sites) : sites_(&sites), walk_(sites.index_) {}

void FormulaCounter::consume(const FragmentBatch& batch) {
    for (std::size_t i = 0; i < batch.size; ++i) {
        if (batch.barcode[i] >= barcodes_.size()) barcodes_.resize(batch.barcode[i] + std::size_t{1});
        FormulaCounts& counts = barcodes_[batch.barcode[i]];
        const auto length = batch.end[i] - batch.start[i];
        counts.of_147 += length == 147 ? 1U : 0U;
        counts.of_294 += length == 294 ? 1U : 0U;
        counts.one_nucleosome += length >= 147 && length < 294 ? 1U : 0U;
        counts.more_nucleosomes += length >= 294 ? 1U : 0U;
        sites_->count(walk_, batch.chrom, batch.start[i], batch.end[i], counts);
    }
}

void FormulaCounter::add(const FormulaCounter& other, std::span<const std::uint32_t> id_of) {
    for (std::size_t i = 0; i < other.barcodes_.size(); ++i) {
        if (id_of[i] >= barcodes_.size()) barcodes_.resize(id_of[i] + std::size_t{1});
        barcodes_[id_of[i]] += other.barcodes_[i];
    }
}

}  // namespace epi
