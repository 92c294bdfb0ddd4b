#include "matrix/umap.hpp"

#include <cmath>
#include <numbers>
#include <umappp/umappp.hpp>

#include "core/random.hpp"

namespace epi {
namespace {

constexpr std::size_t kFewest = 8;  // below this there is no graph to speak of

DenseMatrix on_a_circle(std::size_t rows) {
    DenseMatrix result(rows, 2);
    for (std::size_t row = 0; row < rows; ++row) {
        const double angle = 2 * std::numbers::pi * static_cast<double>(row) / static_cast<double>(rows);
        result(row, 0) = std::cos(angle);
        result(row, 1) = std::sin(angle);
    }
    return result;
}

}  // namespace

DenseMatrix umap(const DenseMatrix& points, const UmapOptions& options, int threads) {
    if (points.rows < kFewest) return on_a_circle(points.rows);
    return umap(nearest_neighbours(points, static_cast<std::size_t>(options.neighbours), false, threads),
                options);
}

DenseMatrix umap(const Neighbours& neighbours, const UmapOptions& options) {
    const auto rows = neighbours.size();
    if (rows < kFewest) return on_a_circle(rows);
    umappp::NeighborList<int, double> list(rows);
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t i = 0; i < neighbours.k; ++i)
            list[row].emplace_back(neighbours.of(row)[i], neighbours.distances_of(row)[i]);
    umappp::Options settings;
    settings.min_dist = options.min_dist;
    settings.spread = options.spread;
    settings.num_threads = 1;
    settings.initialize_seed = mix(options.seed, 1);
    settings.optimize_seed = mix(options.seed, 2);
    DenseMatrix result(rows, 2);  // by rows = one observation after the other, as umappp has it
    auto status = umappp::initialize(std::move(list), 2, result.values.data(), settings);
    status.run(result.values.data());
    return result;
}

}  // namespace epi
