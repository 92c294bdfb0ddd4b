#include "qc/tss_index.hpp"

#include <cstdlib>

#include "qc/tss_windows.hpp"

namespace epi {
namespace {

// Reaches over promoter, flanks and profile, whatever the strand.
constexpr std::int64_t kTssReach = 2100;
constexpr std::int64_t kUpstream = 2000, kDownstream = 500;

// How many of start and end count in the window from t + from to t + to.
std::uint32_t in_window(std::int64_t t, std::int64_t from, std::int64_t to, std::int64_t start,
                        std::int64_t end) {
    const auto first = signac_bound(t + from) + 2, last = signac_bound(t + to) + 2;
    if (start > last - 3) return 0;
    return (start >= first ? 1U : 0U) + (end >= first && end <= last ? 1U : 0U);
}

void add_cut(TssIndex::Profile& profile, const Tss& site, std::int64_t cut) {
    const auto offset = site.reverse ? site.position - cut : cut - site.position;
    if (std::abs(offset) <= kTssProfile) ++profile[static_cast<std::size_t>(offset + kTssProfile)];
}

}  // namespace

TssIndex::TssIndex(std::vector<Tss> sites, std::size_t chromosomes) : sites_(std::move(sites)) {
    std::vector<Interval> reaches;
    reaches.reserve(sites_.size());
    for (const auto& site : sites_)
        reaches.push_back({site.chrom, site.position - kTssReach, site.position + kTssReach});
    index_ = IntervalIndex(reaches, chromosomes);
}

void TssIndex::add(const Tss& site, std::int32_t start, std::int32_t end, TssHits& hits, Profile& profile) {
    const auto t = site.position + 1;
    hits.centre += in_window(t, -500, 500, start, end);
    hits.flank += in_window(t, -1000, -901, start, end) + in_window(t, 901, 1000, start, end);
    const auto promoter_start = site.position - (site.reverse ? kDownstream - 1 : kUpstream);
    const auto promoter_end = promoter_start + kUpstream + kDownstream;
    hits.promoter = hits.promoter || (start < promoter_end && end > promoter_start);
    add_cut(profile, site, start);
    add_cut(profile, site, std::int64_t{end} - 1);
}

TssHits TssIndex::count(std::uint32_t chrom, std::int32_t start, std::int32_t end, Profile& profile) const {
    TssHits hits;
    index_.overlaps(chrom, start, end + 1, [&](const IntervalIndex::Entry& entry) {
        add(sites_[entry.id], start, end, hits, profile);
    });
    return hits;
}

}  // namespace epi
