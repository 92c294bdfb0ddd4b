#include "embed/doublets.hpp"

#include <algorithm>
#include <cmath>

#include "core/random.hpp"
#include "embed/apply.hpp"
#include "matrix/neighbours.hpp"

namespace epi {
namespace {

constexpr std::size_t kFewestCells = 20;

OpenPeaks joined_pairs(const OpenPeaks& open, std::uint64_t seed) {
    OpenPeaks pairs;
    pairs.cols = open.cols;
    Rng rng(seed, hash_text("doublets"));
    const auto cells = static_cast<std::uint64_t>(open.rows);
    std::vector<std::int32_t> joined;
    for (std::int64_t i = 0; i < open.rows; ++i) {
        const auto first = rng.below(cells);
        const auto second = (first + 1 + rng.below(cells - 1)) % cells;  // another one
        const auto a = open.row_indices(static_cast<std::int64_t>(first));
        const auto b = open.row_indices(static_cast<std::int64_t>(second));
        joined.clear();
        std::ranges::set_union(a, b, std::back_inserter(joined));
        pairs.add_row(joined, std::vector<std::uint8_t>(joined.size(), 1));
    }
    return pairs;
}

// Rows of both, one below the other.
DenseMatrix stacked(const DenseFloat& above, const DenseFloat& below) {
    DenseMatrix result(above.rows + below.rows, above.cols);
    std::ranges::copy(below.values, std::ranges::copy(above.values, result.values.begin()).out);
    return result;
}

}  // namespace

std::vector<double> doublet_scores(const Network& network, const OpenPeaks& open, const DenseFloat& z,
                                   const RunContext& context) {
    std::vector<double> scores(z.rows);
    if (z.rows < kFewestCells) return scores;
    const auto pairs = joined_pairs(open, context.seed);
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
