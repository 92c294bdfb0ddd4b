#include "bench/make_fragments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "core/random.hpp"
#include "genome/genes.hpp"
#include "genome/interval.hpp"
#include "genome/known_genomes.hpp"
#include "io/text_writer.hpp"

namespace epi::bench {
namespace {

constexpr double kInPeaks = 0.5;             // share of the fragments
constexpr double kBackgroundShare = 0.08;    // of the fragments, in barcodes without a cell
constexpr std::int64_t kPromoters = 15'000;  // peaks at gene starts

struct Fragment {
    std::int32_t start, end;
    std::uint32_t barcode, reads;
};

struct World {
    Chromosomes chromosomes;
    std::vector<double> chrom_ends;  // running sum of the lengths
    IntervalSet peaks;
    std::vector<double> peak_weights;
    GeneTable genes;
    std::vector<std::string> barcodes;
};

std::pair<std::uint32_t, std::int64_t> draw_place(const World& world, Rng& rng) {
    const double at = rng.uniform() * world.chrom_ends.back();
    const auto found = std::upper_bound(world.chrom_ends.begin(), world.chrom_ends.end(), at);
    const auto chrom = static_cast<std::uint32_t>(found - world.chrom_ends.begin());
    return {chrom, static_cast<std::int64_t>(at - (chrom == 0 ? 0 : world.chrom_ends[chrom - 1]))};
}

void place_genes(World& world, int n, Rng& rng) {
    for (int i = 0; i < n; ++i) {
        const auto [chrom, start] = draw_place(world, rng);
        const auto length = static_cast<std::int64_t>(std::min(24'000 * std::exp(1.2 * rng.normal()), 9e5));
        const auto name = std::to_string(i + 1);
        world.genes.genes.push_back({"SIMG" + name, "GENE" + name, world.chromosomes.name(chrom), start,
                                     std::min(start + length + 300, world.chromosomes.length(chrom)),
                                     rng.chance(0.5) ? '+' : '-', "protein_coding"});
        if (start + 400 >= world.chromosomes.length(chrom)) world.genes.genes.pop_back();
    }
    world.genes.has_types = true;
}

void place_peaks(World& world, int n, Rng& rng) {
    std::vector<Interval> places;
    while (std::ssize(places) < n) {
        auto [chrom, middle] = draw_place(world, rng);
        if (std::ssize(places) < kPromoters) {
            const auto& gene = world.genes.genes[rng.below(world.genes.size())];
            chrom = *world.chromosomes.find(gene.chrom);
            middle = gene.tss();
        }
        const auto width = static_cast<std::int64_t>(550 * std::exp(0.3 * rng.normal()));
        if (middle > width && middle + width < world.chromosomes.length(chrom))
            places.push_back({chrom, middle - width / 2, middle - width / 2 + width});
    }
    std::sort(places.begin(), places.end(), [](const Interval& a, const Interval& b) {
        return std::tuple(a.chrom, a.start, a.end) < std::tuple(b.chrom, b.start, b.end);
    });
    world.peaks.chromosomes = world.chromosomes;
    for (const auto& place : places) {
        world.peaks.intervals.push_back(place);
        world.peak_weights.push_back(std::exp(rng.normal()));
    }
}

std::int32_t draw_length(Rng& rng) {
    const double draw = rng.uniform();
    if (draw < 0.55) return static_cast<std::int32_t>(20 + std::min(126.0, rng.gamma(2.2, 22)));
    const int nucleosomes = draw < 0.88 ? 1 : draw < 0.97 ? 2 : 3;
    return std::max(
        150, static_cast<std::int32_t>(10 + 185 * nucleosomes + (15 + 8 * nucleosomes) * rng.normal()));
}

// A barcode for each of many draws, in constant time: a table of barcodes as often as they are deep.
std::vector<std::uint32_t> barcode_urn(const FragmentSample& sample, Rng& rng) {
    std::vector<double> depths;
    for (int i = 0; i < sample.cells; ++i) depths.push_back(std::exp(0.6 * rng.normal()));
    double cells = 0, background = 0;
    for (const double depth : depths) cells += depth;
    for (int i = 0; i < sample.background; ++i) depths.push_back(std::exp(0.8 * rng.normal()));
    for (auto i = static_cast<std::size_t>(sample.cells); i < depths.size(); ++i) background += depths[i];
    std::vector<std::uint32_t> urn;
    constexpr double kUrn = 1 << 23;
    for (std::uint32_t i = 0; i < depths.size(); ++i) {
        const bool cell = i < static_cast<std::uint32_t>(sample.cells);
        const double share =
            depths[i] * (cell ? (1 - kBackgroundShare) / cells : kBackgroundShare / background);
        urn.insert(urn.end(), 1 + static_cast<std::size_t>(share * kUrn), i);
    }
    return urn;
}

class Drawing {
  public:
    Drawing(const World& world, const std::vector<std::uint32_t>& urn, Rng& rng)
        : world_(world), urn_(urn), rng_(rng) {}

    void add(std::uint32_t chrom, std::int64_t middle) {
        const auto length = draw_length(rng_);
        const auto start = static_cast<std::int32_t>(middle) - length / 2;
        if (start < 0 || start + length > world_.chromosomes.length(chrom)) return;
        const auto reads = 1 + std::min(100.0, std::log(1 - rng_.uniform()) / std::log(0.45));
        fragments_.push_back(
            {start, start + length, urn_[rng_.below(urn_.size())], static_cast<std::uint32_t>(reads)});
    }
    // Sorted, equal ones merged.
    std::vector<Fragment>& finish() {
        const auto key = [](const Fragment& f) { return std::tuple(f.start, f.end, f.barcode); };
        std::sort(fragments_.begin(), fragments_.end(),
                  [&](const Fragment& a, const Fragment& b) { return key(a) < key(b); });
        const auto equal = [&](const Fragment& a, const Fragment& b) { return key(a) == key(b); };
        fragments_.erase(std::unique(fragments_.begin(), fragments_.end(), equal), fragments_.end());
        return fragments_;
    }

  private:
    const World& world_;
    const std::vector<std::uint32_t>& urn_;
    Rng& rng_;
    std::vector<Fragment> fragments_;
};

void write_rows(const World& world, std::uint32_t chrom, const std::vector<Fragment>& fragments,
                TextWriter& writer) {
    std::string text;
    std::array<char, 16> digits;
    const auto number = [&](auto value) {
        text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    };
    for (const auto& fragment : fragments) {
        text += world.chromosomes.name(chrom);
        text += '\t';
        number(fragment.start);
        text += '\t';
        number(fragment.end);
        text += '\t';
        text += world.barcodes[fragment.barcode];
        text += '\t';
        number(fragment.reads);
        text += '\n';
        if (text.size() < (1U << 16)) continue;
        writer.write(text);
        text.clear();
    }
    writer.write(text);
}

void write_fragments(const World& world, const FragmentSample& sample, const std::filesystem::path& path,
                     Rng& rng) {
    const auto urn = barcode_urn(sample, rng);
    double weights = 0;
    for (const double weight : world.peak_weights) weights += weight;
    const auto rows = static_cast<double>(sample.rows);
    TextWriter writer(path);
    writer.write("# id=simulated\n");
    std::size_t peak = 0;
    for (std::uint32_t chrom = 0; chrom < world.chromosomes.size(); ++chrom) {
        Drawing drawing(world, urn, rng);
        const auto length = static_cast<double>(world.chromosomes.length(chrom));
        for (auto n = rng.poisson(rows * (1 - kInPeaks) * length / world.chrom_ends.back()); n > 0; --n)
            drawing.add(chrom, static_cast<std::int64_t>(rng.uniform() * length));
        for (; peak < world.peaks.size() && world.peaks.intervals[peak].chrom == chrom; ++peak) {
            const auto& place = world.peaks.intervals[peak];
            const auto width = static_cast<double>(place.end - place.start);
            for (auto n = rng.poisson(rows * kInPeaks * world.peak_weights[peak] / weights); n > 0; --n)
                drawing.add(chrom, (place.start + place.end) / 2 +
                                       static_cast<std::int64_t>(0.22 * width * rng.normal()));
        }
        write_rows(world, chrom, drawing.finish(), writer);
    }
    writer.close();
}

}  // namespace

void make_fragments(const FragmentSample& sample, const std::filesystem::path& folder) {
    Rng rng(sample.seed);
    World world;
    world.chromosomes = known_genome("hg38").sizes;
    double end = 0;
    for (std::uint32_t i = 0; i < world.chromosomes.size(); ++i)
        world.chrom_ends.push_back(end += static_cast<double>(world.chromosomes.length(i)));
    place_genes(world, sample.genes, rng);
    place_peaks(world, sample.peaks, rng);
    for (int i = 0; i < sample.cells + sample.background; ++i) {
        auto bits = mix(sample.seed, static_cast<std::uint64_t>(i));
        std::string& barcode = world.barcodes.emplace_back(16, 'A');
        for (auto& base : barcode) {
            base = "ACGT"[bits & 3];
            bits >>= 2;
        }
        barcode += "-1";
    }
    std::filesystem::create_directories(folder);
    std::sort(world.genes.genes.begin(), world.genes.genes.end(), [](const Gene& a, const Gene& b) {
        return std::tie(a.chrom, a.start, a.id) < std::tie(b.chrom, b.start, b.id);
    });
    write_gene_table(world.genes, folder / "genes.tsv");
    TextWriter bed(folder / "peaks.bed");
    for (const auto& peak : world.peaks.intervals)
        bed.row({world.chromosomes.name(peak.chrom), std::to_string(peak.start), std::to_string(peak.end)});
    bed.close();
    write_fragments(world, sample, folder / "fragments.tsv.gz", rng);
}

}  // namespace epi::bench
