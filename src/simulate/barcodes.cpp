#include "simulate/barcodes.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

std::size_t times(double ratio, int cells) {
    return static_cast<std::size_t>(std::llround(ratio * cells));
}

std::vector<std::string> draw_sequences(std::size_t n, Rng& rng) {
    std::set<std::string> sequences;
    while (sequences.size() < n) {
        std::string sequence(16, 'A');
        for (auto& base : sequence) base = "ACGT"[rng.below(4)];
        sequences.insert(sequence + "-1");
    }
    return {sequences.begin(), sequences.end()};
}

CellComponent draw_cell(const WeightedChoice& types, Rng& rng) {
    CellComponent cell;
    cell.type = types(rng);
    for (auto& value : cell.state) value = static_cast<float>(rng.normal());
    return cell;
}

void make_good(SimulatedBarcode& barcode, const WeightedChoice& types, const SampleRegulation& regulation,
               const SimulationParameters& parameters, Rng& rng) {
    const double common = rng.normal();  // a large cell gives more of both
    const double spread = parameters.depth_spread;
    barcode.cells = {draw_cell(types, rng)};
    barcode.depth =
        parameters.depth * regulation.depth_factor * std::exp(spread * (0.5 * common + 0.87 * rng.normal()));
    barcode.rna_depth = parameters.rna_depth * regulation.depth_factor *
                        std::exp(spread * (0.5 * common + 0.87 * rng.normal()));
    barcode.peak_fraction = std::clamp(parameters.peak_fraction + 0.05 * rng.normal(), 0.05, 0.95);
    barcode.mitochondrial = std::min(0.5, parameters.mitochondrial * rng.gamma(2, 0.5));
    barcode.ambient = std::min(0.5, parameters.ambient * rng.gamma(4, 0.25));
}

void make_doublet(SimulatedBarcode& barcode, const WeightedChoice& types, const SampleRegulation& regulation,
                  const SimulationParameters& parameters, Rng& rng) {
    SimulatedBarcode other;
    make_good(other, types, regulation, parameters, rng);
    const auto of_first = barcode.cells[0].type;
    for (int attempt = 0; attempt < 100 && other.cells[0].type == of_first; ++attempt)
        other.cells = {draw_cell(types, rng)};
    const double sum = barcode.depth + other.depth;
    barcode.cells[0].share = barcode.depth / sum;
    other.cells[0].share = other.depth / sum;
    barcode.cells.push_back(other.cells[0]);
    barcode.depth = 0.9 * sum;
    barcode.rna_depth = 0.9 * (barcode.rna_depth + other.rna_depth);
}

// The three ways in which cells fail: too few reads, reads that are not from peaks, nothing but nucleosomes.
void spoil(SimulatedBarcode& barcode, std::size_t number, Rng& rng) {
    switch (number % 3) {
        case 0:
            barcode.depth *= rng.uniform(0.05, 0.2);
            barcode.rna_depth *= rng.uniform(0.05, 0.2);
            break;
        case 1:
            barcode.peak_fraction = rng.uniform(0.03, 0.12);
            barcode.mitochondrial = rng.uniform(0.15, 0.5);
            barcode.rna_depth *= rng.uniform(0.2, 0.5);
            barcode.ambient = 0.3;
            break;
        default:
            barcode.nucleosomal = true;
            barcode.peak_fraction = 0.3;
            barcode.rna_depth *= rng.uniform(0.3, 0.8);
    }
}

void make_background(SimulatedBarcode& barcode, const SimulationParameters& parameters, Rng& rng) {
    barcode.depth = parameters.background_depth * std::exp(0.8 * rng.normal());
    barcode.rna_depth = barcode.depth * 1.5;
    barcode.peak_fraction = 0.6 * parameters.peak_fraction;
    barcode.mitochondrial = std::min(0.5, 2 * parameters.mitochondrial);
    barcode.ambient = 1;
}

}  // namespace

std::string_view quality_name(Quality quality) {
    switch (quality) {
        case Quality::Good:
            return "good";
        case Quality::LowQuality:
            return "low_quality";
        case Quality::Doublet:
            return "doublet";
        case Quality::Background:
            return "background";
    }
    throw InternalError("a quality without a name");
}

std::vector<SimulatedBarcode> draw_barcodes(const SampleRegulation& regulation,
                                            const SimulationParameters& parameters, int sample) {
    Rng rng(mix(parameters.seed, hash_text("barcodes")), static_cast<std::uint64_t>(sample));
    const WeightedChoice types(regulation.abundance);
    std::vector<Quality> qualities(static_cast<std::size_t>(parameters.cells), Quality::Good);
    qualities.insert(qualities.end(), times(parameters.low_quality, parameters.cells), Quality::LowQuality);
    qualities.insert(qualities.end(), times(parameters.doublets, parameters.cells), Quality::Doublet);
    qualities.insert(qualities.end(), times(parameters.background, parameters.cells), Quality::Background);
    rng.shuffle(qualities);
    std::vector<SimulatedBarcode> barcodes;
    std::size_t spoiled = 0;
    for (const auto& sequence : draw_sequences(qualities.size(), rng)) {
        SimulatedBarcode barcode;
        barcode.barcode = sequence;
        barcode.quality = qualities[barcodes.size()];
        if (barcode.quality == Quality::Background) {
            make_background(barcode, parameters, rng);
        } else {
            make_good(barcode, types, regulation, parameters, rng);
            if (barcode.quality == Quality::Doublet)
                make_doublet(barcode, types, regulation, parameters, rng);
            if (barcode.quality == Quality::LowQuality) spoil(barcode, spoiled++, rng);
        }
        barcodes.push_back(std::move(barcode));
    }
    return barcodes;
}

std::vector<std::int32_t> draw_expression(const SimulatedBarcode& barcode, const Regulation& regulation,
                                          const SampleRegulation& sample,
                                          const SimulationParameters& parameters, std::uint64_t seed) {
    Rng rng(mix(seed, hash_text("expression")), hash_text(barcode.barcode));
    const std::size_t genes = sample.ambient_gene.size();
    std::vector<double> means(genes, 0.0);
    std::vector<double> own(genes);
    for (const auto& cell : barcode.cells) {
        double sum = 0;
        for (std::size_t g = 0; g < genes; ++g) {
            double log = sample.gene_log[cell.type * genes + g];
            for (std::size_t k = 0; k < kCellStates; ++k) log += cell.state[k] * regulation.gene_state[k][g];
            sum += own[g] = std::exp(log);
        }
        const double scale = (1 - barcode.ambient) * cell.share * barcode.rna_depth / sum;
        for (std::size_t g = 0; g < genes; ++g) means[g] += scale * own[g];
    }
    const double shape = 1 / parameters.rna_dispersion;
    std::vector<std::int32_t> counts;
    counts.reserve(genes);
    for (std::size_t g = 0; g < genes; ++g) {
        const double bursts = barcode.cells.empty() ? 0.0 : means[g] * rng.gamma(shape, 1 / shape);
        const double ambient = barcode.ambient * barcode.rna_depth * sample.ambient_gene[g];
        counts.push_back(static_cast<std::int32_t>(rng.poisson(bursts + ambient)));
    }
    return counts;
}

}  // namespace epi
