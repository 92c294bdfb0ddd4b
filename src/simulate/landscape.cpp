#include "simulate/landscape.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

constexpr std::int64_t kPeakSpacing = 10'000;  // genome per peak
constexpr std::int64_t kGeneSpacing = 40'000;  // genome per gene, if that is more
constexpr std::int64_t kBlacklistEvery = 1'500'000;
constexpr std::int64_t kGap = 250;        // between peaks, at least
constexpr std::size_t kPeaksPerBin = 64;  // at least, where there are so many
constexpr std::size_t kBins = 512;        // no more than about so many
constexpr std::int64_t kMitochondrion = 16'569;
constexpr std::int64_t kUnplaced = 180'000;
// Mb of chr1 .. chr22 in GRCh38: the proportions of the simulated chromosomes.
constexpr std::array<int, 22> kHumanLengths{249, 242, 198, 190, 182, 171, 159, 145, 138, 134, 135,
                                            133, 114, 107, 102, 90,  83,  80,  59,  64,  47,  51};

// A stretch of chromosome between blacklisted regions.
struct Segment {
    std::uint32_t chrom = 0;
    std::int64_t start = 0, end = 0;
};

void add_chromosomes(Landscape& landscape, const SimulationParameters& parameters) {
    const std::int64_t length =
        std::max({std::int64_t{parameters.peaks} * kPeakSpacing,
                  std::int64_t{parameters.genes} * kGeneSpacing, std::int64_t{2'000'000}});
    const auto n = static_cast<std::size_t>(parameters.chromosomes);
    std::int64_t human = 0;
    for (std::size_t i = 0; i < n; ++i) human += kHumanLengths[i % kHumanLengths.size()];
    for (std::size_t i = 0; i < n; ++i) {
        const auto chrom_length = length * kHumanLengths[i % kHumanLengths.size()] / human + 1'000;
        landscape.chromosomes.add("chr" + std::to_string(i + 1), chrom_length);
        landscape.nuclear_length += chrom_length;
    }
    landscape.mitochondrion = landscape.chromosomes.add("chrM", kMitochondrion);
    landscape.unplaced = landscape.chromosomes.add("KI270728.1", kUnplaced);
}

std::vector<Segment> place_blacklist(Landscape& landscape, Rng& rng) {
    std::vector<Segment> segments;
    landscape.blacklist.chromosomes = landscape.chromosomes;
    for (std::uint32_t chrom = 0; chrom < landscape.mitochondrion; ++chrom) {
        const auto length = landscape.chromosomes.length(chrom);
        const auto regions = 1 + length / kBlacklistEvery;
        std::int64_t from = 0;
        for (std::int64_t i = 0; i < regions; ++i) {
            const auto centre = static_cast<std::int64_t>(static_cast<double>(length) *
                                                          (static_cast<double>(i) + rng.uniform(0.3, 0.7)) /
                                                          static_cast<double>(regions));
            const auto half = static_cast<std::int64_t>(rng.uniform(1'500, 7'500));
            const auto start = centre - half, end = centre + half;
            if (start - from < 60'000 || length - end < 60'000) continue;
            landscape.blacklist.intervals.push_back({chrom, start, end});
            segments.push_back({chrom, from, start - 500});
            from = end + 500;
        }
        segments.push_back({chrom, from, length});
    }
    return segments;
}

// `n` slots of equal length over the segments, none across two of them.
std::vector<Segment> make_slots(const std::vector<Segment>& segments, std::size_t n) {
    double total = 0;
    for (const auto& segment : segments) total += static_cast<double>(segment.end - segment.start);
    std::vector<Segment> slots;
    double covered = 0;
    for (const auto& segment : segments) {
        covered += static_cast<double>(segment.end - segment.start);
        const auto upto = static_cast<std::size_t>(std::llround(covered / total * static_cast<double>(n)));
        const auto here = static_cast<std::int64_t>(upto - slots.size());
        for (std::int64_t i = 0; i < here; ++i) {
            const auto length = segment.end - segment.start;
            slots.push_back(
                {segment.chrom, segment.start + length * i / here, segment.start + length * (i + 1) / here});
        }
    }
    check(slots.size() == n, "as many slots as asked for");
    return slots;
}

std::string numbered(const char* format, std::size_t number) {
    char text[32];
    std::snprintf(text, sizeof text, format, number);
    return text;
}

void place_genes(Landscape& landscape, const std::vector<Segment>& segments, std::size_t n, Rng& rng) {
    landscape.genes.has_types = true;
    for (const auto& slot : make_slots(segments, n)) {
        const double room = static_cast<double>(slot.end - slot.start);
        const double length = std::min(12'000 * std::exp(0.8 * rng.normal()) + 500, 0.6 * room);
        const double offset = 0.15 * room + rng.uniform() * (0.7 * room - length);
        Gene gene;
        gene.id = numbered("SIMG%08zu", landscape.genes.size() + 1);
        gene.name = numbered("GENE%zu", landscape.genes.size() + 1);
        gene.chrom = landscape.chromosomes.name(slot.chrom);
        gene.start = slot.start + static_cast<std::int64_t>(offset);
        gene.end = gene.start + static_cast<std::int64_t>(length);
        gene.strand = rng.chance(0.5) ? '+' : '-';
        gene.type = rng.chance(0.85) ? "protein_coding" : "lncRNA";
        landscape.genes.genes.push_back(gene);
    }
}

std::int64_t peak_width(Rng& rng) {
    return std::clamp(static_cast<std::int64_t>(550 * std::exp(0.3 * rng.normal())), std::int64_t{250},
                      std::int64_t{1200});
}

bool is_free(const std::vector<Interval>& taken, const Interval& wanted) {
    return std::none_of(taken.begin(), taken.end(), [&](const Interval& other) {
        return other.chrom == wanted.chrom && wanted.start < other.end + kGap &&
               other.start < wanted.end + kGap;
    });
}

// A place in the slot away from the peaks of `taken`.
Interval place_in(const Segment& slot, const std::vector<Interval>& taken, Rng& rng) {
    const auto width = peak_width(rng);
    const auto room = slot.end - slot.start - width - kGap;
    check(room > 0, "room for a peak in its slot");
    for (int attempt = 0; attempt < 1000; ++attempt) {
        const auto start =
            slot.start + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(room)));
        const Interval wanted{slot.chrom, start, start + width};
        if (is_free(taken, wanted)) return wanted;
    }
    throw InternalError("no room for a peak in its slot");
}

struct PlacedPeak {
    Interval interval;
    std::int32_t gene;
};

// Promoter peaks around transcription starts, of as many genes as half of the peaks allow.
std::vector<PlacedPeak> place_promoters(const Landscape& landscape, std::size_t peaks, Rng& rng) {
    const auto n = landscape.genes.size();
    const auto wanted = std::min(n, peaks / 2);
    std::vector<PlacedPeak> promoters;
    for (std::size_t g = 0; g < n; ++g) {
        if ((g + 1) * wanted / n == g * wanted / n) continue;
        const auto& gene = landscape.genes.genes[g];
        const auto width = peak_width(rng);
        const auto summit = gene.tss() + (gene.strand == '-' ? 30 : -30);
        const auto chrom = *landscape.chromosomes.find(gene.chrom);
        promoters.push_back(
            {{chrom, summit - width / 2, summit - width / 2 + width}, static_cast<std::int32_t>(g)});
    }
    return promoters;
}

void place_peaks(Landscape& landscape, const std::vector<Segment>& segments, std::size_t n, Rng& rng) {
    auto placed = place_promoters(landscape, n, rng);
    const auto promoters = placed;
    std::size_t next = 0;
    std::vector<Interval> near;
    for (const auto& slot : make_slots(segments, n - promoters.size())) {
        const auto before = [](const Interval& a, std::uint32_t chrom, std::int64_t position) {
            return a.chrom < chrom || (a.chrom == chrom && a.end + kGap < position);
        };
        while (next < promoters.size() && before(promoters[next].interval, slot.chrom, slot.start)) ++next;
        near.clear();
        for (auto i = next; i < promoters.size() && !(promoters[i].interval.chrom > slot.chrom ||
                                                      promoters[i].interval.start > slot.end + 2 * kGap);
             ++i)
            near.push_back(promoters[i].interval);
        placed.push_back({place_in(slot, near, rng), -1});
    }
    std::sort(placed.begin(), placed.end(), [](const PlacedPeak& a, const PlacedPeak& b) {
        return std::pair(a.interval.chrom, a.interval.start) < std::pair(b.interval.chrom, b.interval.start);
    });
    landscape.peaks.chromosomes = landscape.chromosomes;
    for (const auto& peak : placed) {
        landscape.peaks.intervals.push_back(peak.interval);
        landscape.promoter_of_peak.push_back(peak.gene);
    }
}

void find_nearest_genes(Landscape& landscape) {
    // Genes lie in disjoint slots, so their transcription starts ascend as well.
    std::vector<std::vector<std::pair<std::int64_t, std::int32_t>>> starts(landscape.chromosomes.size());
    for (std::size_t g = 0; g < landscape.genes.size(); ++g) {
        const auto& gene = landscape.genes.genes[g];
        starts[*landscape.chromosomes.find(gene.chrom)].emplace_back(gene.tss(),
                                                                     static_cast<std::int32_t>(g));
    }
    for (const auto& peak : landscape.peaks.intervals) {
        const auto& here = starts[peak.chrom];
        const auto centre = (peak.start + peak.end) / 2;
        auto after = std::lower_bound(here.begin(), here.end(), std::pair(centre, std::int32_t{-1}));
        if (after == here.end() ||
            (after != here.begin() && centre - (after - 1)->first < after->first - centre)) {
            if (after != here.begin()) --after;
        }
        landscape.gene_of_peak.push_back(after == here.end() ? -1 : after->second);
    }
}

// True if a bin may end here: clear of the blacklist.
bool is_clear(const std::vector<Interval>& blacklist, std::uint32_t chrom, std::int64_t position) {
    return std::none_of(blacklist.begin(), blacklist.end(), [&](const Interval& region) {
        return region.chrom == chrom && region.start - 1'000 < position && position < region.end + 1'000;
    });
}

void cut_bins(Landscape& landscape) {
    const auto& peaks = landscape.peaks.intervals;
    const auto& blacklist = landscape.blacklist.intervals;
    const auto per_bin = std::max(kPeaksPerBin, peaks.size() / kBins);
    std::size_t peak = 0, listed = 0;
    for (std::uint32_t chrom = 0; chrom < landscape.chromosomes.size(); ++chrom) {
        std::int64_t start = 0;
        for (bool more = true; more;) {
            Bin bin{chrom, start, landscape.chromosomes.length(chrom), peak, peak, listed, listed};
            more = false;
            for (; peak < peaks.size() && peaks[peak].chrom == chrom && !more; ++peak) {
                const bool last = peak + 1 == peaks.size() || peaks[peak + 1].chrom != chrom;
                // A gap so wide that no fragment of a peak reaches across.
                if (last || peak + 1 - bin.first_peak < per_bin) continue;
                const auto middle = (peaks[peak].end + peaks[peak + 1].start) / 2;
                more = peaks[peak + 1].start - peaks[peak].end > 4'000 && is_clear(blacklist, chrom, middle);
                if (more) bin.end = middle;
            }
            bin.last_peak = peak;
            for (; listed < blacklist.size() && blacklist[listed].chrom == chrom &&
                   blacklist[listed].start < bin.end;
                 ++listed) {
            }
            bin.last_blacklisted = listed;
            start = bin.end;
            landscape.bins.push_back(bin);
        }
    }
}

}  // namespace

Landscape make_landscape(const SimulationParameters& parameters) {
    Rng rng(parameters.seed, hash_text("landscape"));
    Landscape landscape;
    add_chromosomes(landscape, parameters);
    const auto segments = place_blacklist(landscape, rng);
    place_genes(landscape, segments, static_cast<std::size_t>(parameters.genes), rng);
    place_peaks(landscape, segments, static_cast<std::size_t>(parameters.peaks), rng);
    find_nearest_genes(landscape);
    cut_bins(landscape);
    return landscape;
}

}  // namespace epi
