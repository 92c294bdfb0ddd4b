#include "genome/clean_peaks.hpp"

#include <algorithm>
#include <cctype>
#include <tuple>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"

namespace epi {
namespace {

std::string_view without_chr(std::string_view name) {
    return name.starts_with("chr") ? name.substr(3) : name;
}

// Numbers by value, then letters.
bool natural_less(std::string_view a, std::string_view b) {
    const auto key = [](std::string_view name) {
        const auto number = parse_number<int>(without_chr(name));
        return std::tuple(number ? 0 : 1, number.value_or(0), name);
    };
    return key(a) < key(b);
}

// The chromosomes of the result, in its order.
Chromosomes chromosomes_for(const IntervalSet& called, const std::optional<Chromosomes>& sizes) {
    Chromosomes result;
    if (sizes) {
        for (std::uint32_t id = 0; id < sizes->size(); ++id)
            if (is_standard_chromosome(sizes->name(id))) result.add(sizes->name(id), sizes->length(id));
        return result;
    }
    std::vector<std::string> names;
    for (const auto& name : called.chromosomes.names())
        if (is_standard_chromosome(name)) names.push_back(name);
    std::sort(names.begin(), names.end(), natural_less);
    for (const auto& name : names) result.add(name);
    return result;
}

// The regions of one chromosome, disjoint and ascending, so that a peak meets them if it meets the first that
// ends after its start.
class Blacklist {
  public:
    Blacklist(const std::optional<IntervalSet>& regions, const Chromosomes& chromosomes)
        : by_chrom_(chromosomes.size()) {
        if (!regions) return;
        for (const auto& region : regions->intervals)
            if (const auto id = chromosomes.find(regions->chromosomes.name(region.chrom)))
                by_chrom_[*id].push_back({*id, region.start - 1, region.end});
        for (auto& here : by_chrom_) merge(here);
    }

    bool overlaps(const Interval& peak) const {
        const auto& here = by_chrom_[peak.chrom];
        const auto found =
            std::upper_bound(here.begin(), here.end(), peak.start,
                             [](std::int64_t start, const Interval& r) { return start < r.end; });
        return found != here.end() && found->start < peak.end;
    }

    // Joins overlapping and directly adjacent intervals of one chromosome; returns how many are gone.
    static std::size_t merge(std::vector<Interval>& intervals) {
        std::sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) {
            return std::tuple(a.chrom, a.start, a.end) < std::tuple(b.chrom, b.start, b.end);
        });
        std::size_t kept = 0;
        for (const auto& interval : intervals) {
            if (kept > 0 && intervals[kept - 1].chrom == interval.chrom &&
                interval.start <= intervals[kept - 1].end) {
                intervals[kept - 1].end = std::max(intervals[kept - 1].end, interval.end);
            } else {
                intervals[kept++] = interval;
            }
        }
        const auto gone = intervals.size() - kept;
        intervals.resize(kept);
        return gone;
    }

  private:
    std::vector<std::vector<Interval>> by_chrom_;
};

// Cuts what reaches beyond the end; true if it did.
bool trim_to_chromosome(Interval& peak, const IntervalSet& called, std::size_t i, std::int64_t length,
                        const std::string& place) {
    if (length <= 0) return false;
    if (peak.start >= length)
        throw InputError(place,
                         "peak " + called.name(i) + " lies beyond the end of its chromosome (" +
                             with_commas(length) + " bp)",
                         "give the --chrom-sizes of the genome that the peaks were called on");
    if (peak.end <= length) return false;
    peak.end = length;
    return true;
}

}  // namespace

CleanPeaks clean_peaks(const IntervalSet& called, const std::optional<Chromosomes>& sizes,
                       const std::optional<IntervalSet>& blacklist, const std::string& place) {
    CleanPeaks result;
    result.read = called.size();
    auto& chromosomes = result.peaks.chromosomes;
    chromosomes = chromosomes_for(called, sizes);
    const Blacklist regions(blacklist, chromosomes);
    for (std::size_t i = 0; i < called.size(); ++i) {
        auto peak = called.intervals[i];
        const auto& name = called.chromosomes.name(peak.chrom);
        const auto id = chromosomes.find(name);
        if (!is_standard_chromosome(name)) {
            ++result.nonstandard;
        } else if (!id) {
            ++result.unknown;
        } else {
            peak.chrom = *id;
            if (trim_to_chromosome(peak, called, i, chromosomes.length(*id), place)) ++result.trimmed;
            if (regions.overlaps(peak)) {
                ++result.blacklisted;
            } else {
                result.peaks.intervals.push_back(peak);
            }
        }
    }
    if (result.peaks.intervals.empty())
        throw InputError(place,
                         "no peak is left of " + with_commas(static_cast<std::int64_t>(result.read)) + " (" +
                             std::to_string(result.nonstandard) + " not on chromosomes 1-22, X, Y; " +
                             std::to_string(result.unknown) +
                             " on chromosomes not in the chromosome sizes; " +
                             std::to_string(result.blacklisted) + " blacklisted)",
                         "check that peaks, --chrom-sizes and --blacklist are of the same genome");
    result.merged = Blacklist::merge(result.peaks.intervals);
    return result;
}

}  // namespace epi
