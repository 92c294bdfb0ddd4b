#include "simulate/regulation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"

namespace epi {
namespace {

constexpr double kPerLineage = 0.5;  // chance that a lineage, or a type, differs at a variable peak
constexpr double kPerType = 0.35;
constexpr double kPromoterBase = 1.3;  // promoters are open more, and differ less
constexpr double kPromoterEffect = 0.6;
constexpr double kSensitive = 0.25;  // share of peaks and genes that a donor, or a batch, changes
constexpr double kStateful = 0.2;    // share of peaks that a cell state changes
constexpr double kSilencer = 0.1;    // share of links
constexpr std::int64_t kLinkReach = 150'000;
constexpr std::size_t kLinksPerGene = 6;

std::vector<std::string> name_types(std::size_t types) {
    const std::size_t lineages = (types + 1) / 2;
    std::vector<std::string> names;
    for (std::size_t t = 0; t < types; ++t) {
        const std::size_t lineage = t % lineages;
        std::string letters(1, static_cast<char>('A' + lineage % 26));
        if (lineage >= 26) letters.insert(0, 1, static_cast<char>('A' + lineage / 26 - 1));
        names.push_back(letters + std::to_string(t / lineages + 1));
    }
    return names;
}

// One draw of how the types differ at a variable gene or peak.
std::vector<float> draw_effects(std::size_t types, const SimulationParameters& parameters, Rng& rng) {
    const std::size_t lineages = (types + 1) / 2;
    std::vector<double> of_lineage(lineages, 0.0);
    for (auto& effect : of_lineage)
        if (rng.chance(kPerLineage)) effect = parameters.lineage_effect * rng.normal();
    std::vector<float> effects;
    for (std::size_t t = 0; t < types; ++t) {
        const double own = rng.chance(kPerType) ? parameters.type_effect * rng.normal() : 0.0;
        effects.push_back(static_cast<float>(of_lineage[t % lineages] + own));
    }
    return effects;
}

void draw_peaks(Regulation& regulation, const Landscape& landscape, const SimulationParameters& parameters,
                Rng& rng) {
    const std::size_t types = regulation.types(), peaks = landscape.peaks.size();
    std::vector<std::vector<float>> of_gene;
    for (std::size_t g = 0; g < landscape.genes.size(); ++g)
        of_gene.push_back(draw_effects(types, parameters, rng));
    const double own_share = std::sqrt(1 - parameters.coherence * parameters.coherence);
    regulation.peak_effect.assign(types * peaks, 0.0F);
    for (auto& state : regulation.peak_state) state.assign(peaks, 0.0F);
    for (std::size_t p = 0; p < peaks; ++p) {
        const bool promoter = landscape.promoter_of_peak[p] >= 0;
        regulation.peak_base.push_back(
            static_cast<float>(0.9 * rng.normal() + (promoter ? kPromoterBase : 0.0)));
        const double scale = promoter ? kPromoterEffect : 1.0;
        const auto own = draw_effects(types, parameters, rng);
        const bool variable = rng.chance(parameters.variable_peaks);
        const auto gene = landscape.gene_of_peak[p];
        for (std::size_t t = 0; variable && t < types; ++t) {
            const double shared = gene < 0 ? 0.0 : of_gene[static_cast<std::size_t>(gene)][t];
            regulation.peak_effect[t * peaks + p] =
                static_cast<float>(scale * (parameters.coherence * shared + own_share * own[t]));
        }
        for (auto& state : regulation.peak_state)
            if (rng.chance(kStateful)) state[p] = static_cast<float>(parameters.state_effect * rng.normal());
    }
}

// The peaks nearest to each transcription start regulate it: the promoter, and a few others within reach.
void draw_links(Regulation& regulation, const Landscape& landscape, Rng& rng) {
    std::vector<std::vector<std::int32_t>> near(landscape.genes.size());
    for (std::size_t p = 0; p < landscape.peaks.size(); ++p)
        if (const auto gene = landscape.gene_of_peak[p]; gene >= 0)
            near[static_cast<std::size_t>(gene)].push_back(static_cast<std::int32_t>(p));
    for (std::size_t g = 0; g < near.size(); ++g) {
        const auto distance = [&](std::int32_t p) {
            const auto& peak = landscape.peaks.intervals[static_cast<std::size_t>(p)];
            return std::abs((peak.start + peak.end) / 2 - landscape.genes.genes[g].tss());
        };
        auto& peaks = near[g];
        std::erase_if(peaks, [&](std::int32_t p) { return distance(p) > kLinkReach; });
        std::stable_sort(peaks.begin(), peaks.end(),
                         [&](auto a, auto b) { return distance(a) < distance(b); });
        if (peaks.size() > kLinksPerGene) peaks.resize(kLinksPerGene);
        std::sort(peaks.begin(), peaks.end());
        const auto first = regulation.links.size();
        double sum = 0;
        for (const auto p : peaks) {
            const bool promoter =
                landscape.promoter_of_peak[static_cast<std::size_t>(p)] == static_cast<std::int32_t>(g);
            const double size = rng.gamma(3, 1);
            const bool silencer = rng.chance(kSilencer) && !promoter;
            regulation.links.push_back(
                {p, static_cast<std::int32_t>(g), static_cast<float>(silencer ? -size : size)});
            sum += size;
        }
        for (auto i = first; i < regulation.links.size(); ++i)
            regulation.links[i].weight = static_cast<float>(regulation.links[i].weight / sum);
    }
}

void draw_genes(Regulation& regulation, const Landscape& landscape, const SimulationParameters& parameters,
                Rng& rng) {
    const std::size_t types = regulation.types(), genes = landscape.genes.size(),
                      peaks = landscape.peaks.size();
    for (std::size_t g = 0; g < genes; ++g)
        regulation.gene_base.push_back(static_cast<float>(1.5 * rng.normal()));
    regulation.gene_effect.assign(types * genes, 0.0F);
    for (auto& effect : regulation.gene_effect)
        if (rng.chance(kPerType)) effect = static_cast<float>(parameters.gene_residual * rng.normal());
    for (auto& state : regulation.gene_state) state.assign(genes, 0.0F);
    // A gene's change is its peaks' weighted sum, scaled up: a few percent of accessibility make much RNA.
    for (const auto& link : regulation.links) {
        const auto p = static_cast<std::size_t>(link.peak), g = static_cast<std::size_t>(link.gene);
        const auto gain = static_cast<float>(parameters.gene_gain) * link.weight;
        const auto state_gain = static_cast<float>(parameters.state_gain) * link.weight;
        for (std::size_t t = 0; t < types; ++t)
            regulation.gene_effect[t * genes + g] += gain * regulation.peak_effect[t * peaks + p];
        for (std::size_t k = 0; k < kCellStates; ++k)
            regulation.gene_state[k][g] += state_gain * regulation.peak_state[k][p];
    }
}

// An effect on some of n features, the same whenever it is asked for.
std::vector<float> sparse_effect(std::size_t n, double sd, Rng rng) {
    std::vector<float> effect(n, 0.0F);
    for (auto& value : effect)
        if (rng.chance(kSensitive)) value = static_cast<float>(sd * rng.normal());
    return effect;
}

void add_to(std::vector<float>& values, const std::vector<float>& more) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += more[i];
}

// exp of each row of [type][feature], scaled to sum to one.
std::vector<float> softmax_rows(const std::vector<float>& logs, std::size_t types) {
    const std::size_t n = logs.size() / types;
    std::vector<float> result(logs.size());
    for (std::size_t t = 0; t < types; ++t) {
        double sum = 0;
        for (std::size_t i = t * n; i < (t + 1) * n; ++i) {
            const double value = std::exp(static_cast<double>(logs[i]));
            result[i] = static_cast<float>(value);
            sum += value;
        }
        for (std::size_t i = t * n; i < (t + 1) * n; ++i) result[i] = static_cast<float>(result[i] / sum);
    }
    return result;
}

std::vector<float> mixture(const std::vector<float>& rows, const std::vector<double>& abundance) {
    const std::size_t n = rows.size() / abundance.size();
    std::vector<float> result(n, 0.0F);
    for (std::size_t t = 0; t < abundance.size(); ++t)
        for (std::size_t i = 0; i < n; ++i) result[i] += static_cast<float>(abundance[t]) * rows[t * n + i];
    return result;
}

void normalise(std::vector<double>& shares) {
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    for (auto& share : shares) share /= sum;
}

}  // namespace

Regulation make_regulation(const Landscape& landscape, const SimulationParameters& parameters) {
    Rng rng(parameters.seed, hash_text("regulation"));
    Regulation regulation;
    regulation.cell_types = name_types(static_cast<std::size_t>(parameters.cell_types));
    for (std::size_t t = 0; t < regulation.types(); ++t)
        regulation.abundance.push_back(std::pow(parameters.abundance_ratio, static_cast<double>(t)));
    normalise(regulation.abundance);
    draw_peaks(regulation, landscape, parameters, rng);
    draw_links(regulation, landscape, rng);
    draw_genes(regulation, landscape, parameters, rng);
    return regulation;
}

SampleRegulation regulate_sample(const Landscape& landscape, const Regulation& regulation,
                                 const SimulationParameters& parameters, int donor, int batch) {
    const std::size_t types = regulation.types(), peaks = landscape.peaks.size(),
                      genes = landscape.genes.size();
    const auto stream = [&](const char* what, int number) {
        return Rng(mix(parameters.seed, hash_text(what)), static_cast<std::uint64_t>(number));
    };
    auto peak_shift = regulation.peak_base;
    add_to(peak_shift, sparse_effect(peaks, parameters.donor_effect, stream("donor peaks", donor)));
    add_to(peak_shift, sparse_effect(peaks, parameters.batch_effect, stream("batch peaks", batch)));
    auto gene_shift = regulation.gene_base;
    add_to(gene_shift, sparse_effect(genes, parameters.donor_effect, stream("donor genes", donor)));
    add_to(gene_shift, sparse_effect(genes, parameters.batch_effect, stream("batch genes", batch)));

    SampleRegulation sample;
    auto peak_log = regulation.peak_effect;
    for (std::size_t t = 0; t < types; ++t)
        for (std::size_t p = 0; p < peaks; ++p) peak_log[t * peaks + p] += peak_shift[p];
    sample.gene_log = regulation.gene_effect;
    for (std::size_t t = 0; t < types; ++t)
        for (std::size_t g = 0; g < genes; ++g) sample.gene_log[t * genes + g] += gene_shift[g];
    Rng of_donor = stream("donor composition", donor), of_batch = stream("batch depth", batch);
    for (const double share : regulation.abundance)
        sample.abundance.push_back(share * std::exp(0.25 * of_donor.normal()));
    normalise(sample.abundance);
    sample.depth_factor = std::exp(parameters.batch_depth * of_batch.uniform(-1, 1));
    sample.peak_weight = softmax_rows(peak_log, types);
    sample.ambient_peak = mixture(sample.peak_weight, sample.abundance);
    sample.ambient_gene = mixture(softmax_rows(sample.gene_log, types), sample.abundance);
    return sample;
}

std::vector<double> reference_profiles(const Regulation& regulation, const SimulationParameters& parameters) {
    Rng rng(parameters.seed, hash_text("reference"));
    const std::size_t types = regulation.types(), genes = regulation.gene_base.size();
    auto logs = regulation.gene_effect;
    for (std::size_t g = 0; g < genes; ++g) {
        // One bias per gene, as of another protocol, besides the noise of each profile.
        const double bias = parameters.reference_noise * rng.normal();
        for (std::size_t t = 0; t < types; ++t)
            logs[t * genes + g] += regulation.gene_base[g] +
                                   static_cast<float>(bias + parameters.reference_noise * rng.normal());
    }
    std::vector<double> profiles;
    for (const float share : softmax_rows(logs, types))
        profiles.push_back(std::log1p(1e4 * static_cast<double>(share)));
    return profiles;
}

}  // namespace epi
