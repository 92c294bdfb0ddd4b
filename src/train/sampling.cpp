#include "train/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace epi {

std::vector<std::int32_t> draw(std::span<const std::int32_t> values, std::size_t wanted, Rng& rng) {
    std::vector<std::int32_t> drawn(values.begin(), values.end());
    if (drawn.size() <= wanted) return drawn;
    for (std::size_t i = 0; i < wanted; ++i) std::swap(drawn[i], drawn[i + rng.below(drawn.size() - i)]);
    drawn.resize(wanted);
    return drawn;
}

namespace {

std::vector<std::int32_t> draw_silent(std::span<const std::int32_t> expressed, std::int64_t n_genes,
                                      std::size_t wanted, Rng& rng) {
    const auto silent = static_cast<std::size_t>(n_genes) - expressed.size();
    std::vector<std::int32_t> drawn;
    if (2 * wanted >= silent) {  // many of few: list them all
        auto next = expressed.begin();
        for (std::int32_t gene = 0; gene < n_genes; ++gene) {
            if (next != expressed.end() && *next == gene)
                ++next;
            else
                drawn.push_back(gene);
        }
        return draw(drawn, wanted, rng);
    }
    std::unordered_set<std::int32_t> taken;
    while (drawn.size() < wanted) {
        const auto gene = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(n_genes)));
        if (std::binary_search(expressed.begin(), expressed.end(), gene) || !taken.insert(gene).second)
            continue;
        drawn.push_back(gene);
    }
    return drawn;
}

}  // namespace

DrawnGenes draw_genes(std::span<const std::int32_t> expressed, std::int64_t n_genes, std::int64_t max_genes,
                      Rng& rng) {
    const auto total = static_cast<std::size_t>(
        std::min<std::int64_t>(max_genes, 2 * static_cast<std::int64_t>(expressed.size())));
    std::vector<std::int32_t> positions(expressed.size());
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<std::int32_t>(i);
    positions = draw(positions, total / 2, rng);
    const auto silent_there_are = static_cast<std::size_t>(n_genes) - expressed.size();
    const auto silent = draw_silent(expressed, n_genes, std::min(total - total / 2, silent_there_are), rng);
    std::vector<std::pair<std::int32_t, std::int32_t>> both;
    for (const auto position : positions)
        both.emplace_back(expressed[static_cast<std::size_t>(position)], position);
    for (const auto gene : silent) both.emplace_back(gene, -1);
    rng.shuffle(both);
    DrawnGenes result;
    for (const auto& [gene, position] : both) {
        result.genes.push_back(gene);
        result.expressed_at.push_back(position);
    }
    return result;
}

std::vector<std::int32_t> bin_counts(std::span<const std::int32_t> counts, int bins) {
    std::vector<std::int32_t> sorted(counts.begin(), counts.end());
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> edges;
    for (int k = 0; k < bins - 1 && !sorted.empty(); ++k) {
        const double share = bins == 2 ? 0.0 : static_cast<double>(k) / (bins - 2);
        const double position = share * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<std::size_t>(std::floor(position));
        const auto above = std::min(below + 1, sorted.size() - 1);
        const double low = sorted[below], high = sorted[above];
        edges.push_back(low + (high - low) * (position - static_cast<double>(below)));
    }
    std::vector<std::int32_t> result;
    for (const auto count : counts)
        result.push_back(static_cast<std::int32_t>(
            std::upper_bound(edges.begin(), edges.end(), static_cast<double>(count)) - edges.begin()));
    return result;
}

}  // namespace epi
