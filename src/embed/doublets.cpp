#include "embed/doublets.hpp"

#include <algorithm>
#include <cmath>

#include "core/random.hpp"
#include "embed/apply.hpp"
#include "matrix/neighbours.hpp"

namespace epi {
namespace {

constexpr std::size_t kFewestUsable = 20;

// `n` cells made of two cells of different types; `usable` are cells of at least two types.
OpenPeaks joined_pairs(const OpenPeaks& open, std::span<const int> types,
                       const std::vector<std::int64_t>& usable, std::size_t n, std::uint64_t seed) {
    OpenPeaks pairs;
    pairs.cols = open.cols;
    Rng rng(seed, hash_text("doublets"));
    std::vector<std::int32_t> joined;
    while (pairs.rows < static_cast<std::int64_t>(n)) {
        const auto first = usable[rng.below(usable.size())], second = usable[rng.below(usable.size())];
        if (types[static_cast<std::size_t>(first)] == types[static_cast<std::size_t>(second)]) continue;
        joined.clear();
        std::ranges::set_union(open.row_indices(first), open.row_indices(second), std::back_inserter(joined));
        pairs.add_row(joined, std::vector<std::uint8_t>(joined.size(), 1));
    }
    return pairs;
}

// The cells that have a type; none if there are too few, or all are of one type.
std::vector<std::int64_t> usable_cells(std::span<const int> types) {
    std::vector<std::int64_t> usable;
    bool differ = false;
    for (std::size_t cell = 0; cell < types.size(); ++cell) {
        if (types[cell] < 0) continue;
        usable.push_back(static_cast<std::int64_t>(cell));
        differ = differ || types[cell] != types[static_cast<std::size_t>(usable.front())];
    }
    if (!differ || usable.size() < kFewestUsable) usable.clear();
    return usable;
}

// Rows of both, one below the other.
DenseMatrix stacked(const DenseFloat& above, const DenseFloat& below) {
    DenseMatrix result(above.rows + below.rows, above.cols);
    std::ranges::copy(below.values, std::ranges::copy(above.values, result.values.begin()).out);
    return result;
}

}  // namespace

std::vector<double> doublet_scores(const Network& network, const OpenPeaks& open, const DenseFloat& z,
                                   std::span<const int> types, const RunContext& context) {
    check(types.size() == z.rows, "doublet_scores: a type for each cell");
    std::vector<double> scores(z.rows);
    const auto usable = usable_cells(types);
    if (usable.empty()) return scores;
    const auto pairs = joined_pairs(open, types, usable, z.rows, context.seed);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < z.rows; ++i) names.push_back("pair" + std::to_string(i));
    const auto points = stacked(z, embed_cells(network, pairs, names, context));
    // Scrublet's number of neighbours, for cells and doublets together.
    const auto k = static_cast<std::size_t>(std::round(std::sqrt(static_cast<double>(z.rows))));
    const auto neighbours = nearest_neighbours(points, k, false, context.threads);
    for (std::size_t cell = 0; cell < z.rows; ++cell) {
        const auto of_cell = neighbours.of(cell);
        const auto doublets =
            std::ranges::count_if(of_cell, [&](auto row) { return static_cast<std::size_t>(row) >= z.rows; });
        scores[cell] = static_cast<double>(doublets) / static_cast<double>(of_cell.size());
    }
    return scores;
}

}  // namespace epi
