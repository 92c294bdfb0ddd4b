#include "simulate/fragments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <tuple>

#include "core/random.hpp"

namespace epi {
namespace {

constexpr double kUnplacedShare = 0.002;  // of nuclear fragments
// Chances of a fragment free of nucleosomes, and around one, two and three of them.
using Lengths = std::array<double, 4>;
constexpr Lengths kInPeaks{0.68, 0.25, 0.06, 0.01};
constexpr Lengths kElsewhere{0.42, 0.39, 0.14, 0.05};
constexpr Lengths kNucleosomal{0.14, 0.62, 0.19, 0.05};

// Free of nucleosomes: 20 to 146 bp, with the period of 10.4 bp at which the helix faces the transposase.
std::int64_t free_length(Rng& rng) {
    for (;;) {
        const double length = 20 + rng.gamma(2.2, 22);
        if (length >= 147) continue;
        const double ripple = 1 + 0.3 * std::cos(2 * std::numbers::pi * length / 10.4);
        if (rng.uniform() * 1.3 < ripple) return static_cast<std::int64_t>(length);
    }
}

// Length, and how many nucleosomes it goes around.
std::pair<std::int64_t, int> draw_length(const Lengths& chances, Rng& rng) {
    double draw = rng.uniform();
    if (draw < chances[0]) return {free_length(rng), 0};
    draw -= chances[0];
    const int nucleosomes = draw < chances[1] ? 1 : draw < chances[1] + chances[2] ? 2 : 3;
    const double length = 10 + 185.0 * nucleosomes + (15 + 8.0 * nucleosomes) * rng.normal();
    return {std::max<std::int64_t>(150, static_cast<std::int64_t>(length)), nucleosomes};
}

// Weights of a bin's peaks.
struct PeakWeights {
    std::vector<float> sums;  // of a peak and those before it
    double total = 0;
};

// Draws the fragments of one bin, barcode after barcode.
class BinSimulator {
  public:
    BinSimulator(const SampleModel& model, std::size_t bin_number)
        : model_(model),
          bin_(model.landscape.bins[bin_number]),
          chrom_length_(model.landscape.chromosomes.length(bin_.chrom)),
          stream_(mix(mix(model.seed, hash_text("fragments")), bin_number)) {
        more_reads_log_ = std::log(model.parameters.duplicates / (1 + model.parameters.duplicates));
        for (auto i = bin_.first_blacklisted; i < bin_.last_blacklisted; ++i)
            blacklisted_here_ += length_of(model.landscape.blacklist.intervals[i]);
        for (const auto& region : model.landscape.blacklist.intervals)
            blacklisted_in_all_ += length_of(region);
    }

    std::vector<SimulatedFragment> run() {
        for (std::size_t i = 0; i < model_.barcodes.size(); ++i) {
            barcode_ = static_cast<std::uint32_t>(i);
            Rng rng(stream_, i);
            const auto& barcode = model_.barcodes[i];
            if (bin_.chrom == model_.landscape.mitochondrion) {
                draw_mitochondrial(barcode, rng);
            } else if (bin_.chrom == model_.landscape.unplaced) {
                draw_uniform(barcode, nuclear(barcode) * kUnplacedShare, rng);
            } else {
                draw_nuclear(barcode, rng);
            }
        }
        merge_equal();
        return std::move(fragments_);
    }

  private:
    static double length_of(const Interval& interval) {
        return static_cast<double>(interval.end - interval.start);
    }
    static double nuclear(const SimulatedBarcode& barcode) {
        return barcode.depth * (1 - barcode.mitochondrial);
    }

    void add(std::int64_t middle, std::int64_t length, Rng& rng) {
        const auto start = middle - length / 2;
        const auto end = start + length;
        if (start < bin_.start || start >= bin_.end || end > chrom_length_) return;
        std::uint32_t reads = 1;
        if (model_.parameters.duplicates > 0)
            reads += static_cast<std::uint32_t>(std::min(1e6, std::log(1 - rng.uniform()) / more_reads_log_));
        fragments_.push_back(
            {static_cast<std::int32_t>(start), static_cast<std::int32_t>(end), barcode_, reads});
    }

    void draw_mitochondrial(const SimulatedBarcode& barcode, Rng& rng) {
        for (auto n = rng.poisson(barcode.depth * barcode.mitochondrial); n > 0; --n)
            add(position(bin_.start, bin_.end, rng), free_length(rng), rng);
    }

    void draw_uniform(const SimulatedBarcode& barcode, double mean, Rng& rng) {
        const auto& lengths = barcode.nucleosomal ? kNucleosomal : kElsewhere;
        for (auto n = rng.poisson(mean); n > 0; --n)
            add(position(bin_.start, bin_.end, rng), draw_length(lengths, rng).first, rng);
    }

    void draw_nuclear(const SimulatedBarcode& barcode, Rng& rng) {
        const double depth = nuclear(barcode) * (1 - kUnplacedShare);
        const double blacklisted = blacklisted_in_all_ > 0 ? model_.parameters.blacklisted : 0;
        const double share =
            static_cast<double>(bin_.length()) / static_cast<double>(model_.landscape.nuclear_length);
        draw_uniform(barcode, depth * std::max(0.0, 1 - barcode.peak_fraction - blacklisted) * share, rng);
        if (blacklisted_here_ > 0)
            draw_blacklisted(barcode, depth * blacklisted * blacklisted_here_ / blacklisted_in_all_, rng);
        // Most barcodes are nothing but the ambient mixture.
        const bool only_ambient = barcode.cells.empty() && barcode.ambient == 1;
        if (!only_ambient || ambient_.sums.empty()) weigh_peaks(barcode, only_ambient ? ambient_ : weights_);
        const auto& weights = only_ambient ? ambient_ : weights_;
        const auto& lengths = barcode.nucleosomal ? kNucleosomal : kInPeaks;
        for (auto n = rng.poisson(depth * barcode.peak_fraction * weights.total); n > 0; --n)
            draw_in_peak(weights, lengths, rng);
    }

    void draw_blacklisted(const SimulatedBarcode& barcode, double mean, Rng& rng) {
        const auto& lengths = barcode.nucleosomal ? kNucleosomal : kElsewhere;
        for (auto n = rng.poisson(mean); n > 0; --n) {
            double offset = rng.uniform() * blacklisted_here_;
            auto i = bin_.first_blacklisted;
            for (; i + 1 < bin_.last_blacklisted &&
                   offset >= length_of(model_.landscape.blacklist.intervals[i]);
                 ++i)
                offset -= length_of(model_.landscape.blacklist.intervals[i]);
            add(model_.landscape.blacklist.intervals[i].start + static_cast<std::int64_t>(offset),
                draw_length(lengths, rng).first, rng);
        }
    }

    // The barcode's weights of this bin's peaks.
    void weigh_peaks(const SimulatedBarcode& barcode, PeakWeights& result) {
        const auto peaks = model_.landscape.peaks.size();
        auto& weights = result.sums;
        weights.resize(bin_.last_peak - bin_.first_peak);
        for (std::size_t i = 0; i < weights.size(); ++i)
            weights[i] =
                static_cast<float>(barcode.ambient) * model_.sample.ambient_peak[bin_.first_peak + i];
        for (const auto& cell : barcode.cells) {
            const auto share = static_cast<float>((1 - barcode.ambient) * cell.share);
            const float* of_type = &model_.sample.peak_weight[cell.type * peaks];
            for (std::size_t i = 0; i < weights.size(); ++i) {
                const auto p = bin_.first_peak + i;
                float change = 0;
                for (std::size_t k = 0; k < kCellStates; ++k)
                    change += cell.state[k] * model_.regulation.peak_state[k][p];
                weights[i] += share * of_type[p] * (change == 0 ? 1.0F : std::exp(change));
            }
        }
        result.total = 0;
        for (auto& weight : weights) {
            result.total += static_cast<double>(weight);
            weight = static_cast<float>(result.total);
        }
    }

    void draw_in_peak(const PeakWeights& weights, const Lengths& lengths, Rng& rng) {
        const auto& sums = weights.sums;
        const auto draw = static_cast<float>(rng.uniform() * weights.total);
        const auto found = std::upper_bound(sums.begin(), sums.end(), draw);
        const auto i = std::min<std::size_t>(static_cast<std::size_t>(found - sums.begin()), sums.size() - 1);
        const auto& peak = model_.landscape.peaks.intervals[bin_.first_peak + i];
        const double width = length_of(peak);
        const auto [length, nucleosomes] = draw_length(lengths, rng);
        // Nucleosomes flank the open middle of a peak.
        const double offset = (nucleosomes == 0 ? 0.17 : 0.3) * width * rng.normal();
        add((peak.start + peak.end) / 2 + static_cast<std::int64_t>(offset), length, rng);
    }

    static std::int64_t position(std::int64_t from, std::int64_t to, Rng& rng) {
        return from + static_cast<std::int64_t>(rng.uniform() * static_cast<double>(to - from));
    }

    void merge_equal() {
        const auto key = [](const SimulatedFragment& f) { return std::tuple(f.start, f.end, f.barcode); };
        std::sort(fragments_.begin(), fragments_.end(),
                  [&](const auto& a, const auto& b) { return key(a) < key(b); });
        std::size_t kept = 0;
        for (const auto& fragment : fragments_) {
            if (kept > 0 && key(fragments_[kept - 1]) == key(fragment)) {
                fragments_[kept - 1].reads += fragment.reads;
            } else {
                fragments_[kept++] = fragment;
            }
        }
        fragments_.resize(kept);
    }

    const SampleModel& model_;
    const Bin& bin_;
    std::int64_t chrom_length_;
    std::uint64_t stream_;
    PeakWeights weights_, ambient_;
    double blacklisted_here_ = 0, blacklisted_in_all_ = 0, more_reads_log_ = 0;
    std::uint32_t barcode_ = 0;
    std::vector<SimulatedFragment> fragments_;
};

}  // namespace

std::vector<SimulatedFragment> simulate_bin(const SampleModel& model, std::size_t bin) {
    return BinSimulator(model, bin).run();
}

std::string format_fragments(std::span<const SimulatedFragment> fragments, const std::string& chrom,
                             const std::vector<SimulatedBarcode>& barcodes) {
    std::string text;
    text.reserve(fragments.size() * (chrom.size() + 42));
    std::array<char, 16> digits;
    const auto number = [&](auto value) {
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        text.append(digits.data(), end);
    };
    for (const auto& fragment : fragments) {
        text += chrom;
        text += '\t';
        number(fragment.start);
        text += '\t';
        number(fragment.end);
        text += '\t';
        text += barcodes[fragment.barcode].barcode;
        text += '\t';
        number(fragment.reads);
        text += '\n';
    }
    return text;
}

std::vector<CutCount> count_cuts(std::span<const SimulatedFragment> fragments, std::uint32_t chrom,
                                 const IntervalSet& peaks) {
    std::vector<CutCount> counts;
    const auto cut = [&](std::uint32_t barcode, std::int64_t position) {
        const auto after =
            std::upper_bound(peaks.intervals.begin(), peaks.intervals.end(), std::pair(chrom, position),
                             [](const auto& wanted, const Interval& peak) {
                                 return wanted < std::pair(peak.chrom, peak.start);
                             });
        if (after == peaks.intervals.begin()) return;
        const auto& peak = *(after - 1);
        if (peak.chrom == chrom && position < peak.end)
            counts.push_back({barcode, static_cast<std::uint32_t>(after - 1 - peaks.intervals.begin()), 1});
    };
    for (const auto& fragment : fragments) {
        cut(fragment.barcode, fragment.start);
        cut(fragment.barcode, fragment.end - 1);
    }
    const auto key = [](const CutCount& count) { return std::pair(count.barcode, count.peak); };
    std::sort(counts.begin(), counts.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    std::size_t kept = 0;
    for (const auto& count : counts) {
        if (kept > 0 && key(counts[kept - 1]) == key(count)) {
            ++counts[kept - 1].cuts;
        } else {
            counts[kept++] = count;
        }
    }
    counts.resize(kept);
    return counts;
}

}  // namespace epi
