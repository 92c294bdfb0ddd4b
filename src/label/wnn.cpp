#include "label/wnn.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "label/graph.hpp"

namespace epi {
namespace {

constexpr double kEpsilon = 1e-4, kLargestScore = 200, kPruneJoint = 1.0 / 15;

double distance(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(sum);
}

// exp(-distance / sigma); without a width, 1 at distance 0 and 0 elsewhere.
double kernel(double distance_from, double sigma) {
    if (sigma == 0) return distance_from == 0 ? 1 : 0;
    return std::exp(-distance_from / sigma);
}

// How far each cell is from the mean of its neighbours (itself left out), less the distance to its nearest.
std::vector<double> prediction_distance(const DenseMatrix& points, const Neighbours& lists,
                                        const std::vector<double>& nearest, int threads) {
    std::vector<double> result(points.rows);
    parallel_for(points.rows, threads, [&](std::size_t cell) {
        std::vector<double> mean(points.cols);
        const auto others = lists.of(cell).subspan(1);
        for (const auto other : others)
            for (std::size_t d = 0; d < points.cols; ++d)
                mean[d] += points(static_cast<std::size_t>(other), d);
        for (auto& value : mean) value /= static_cast<double>(others.size());
        result[cell] = std::max(0.0, distance(points.row(cell), mean) - nearest[cell]);
    });
    return result;
}

// The kernel width of a cell: mean distance to the cells that share fewest neighbours with it, but some.
double kernel_width(const DenseMatrix& points, const CountMatrix& shared, std::size_t k, std::size_t cell,
                    double nearest) {
    const auto partners = shared.row_indices(static_cast<std::int64_t>(cell));
    const auto counts = shared.row_values(static_cast<std::int64_t>(cell));
    std::vector<std::size_t> order(partners.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return counts[a] < counts[b]; });
    const auto m = std::min(k, order.size());
    auto end = m;
    while (end < order.size() && counts[order[end]] == counts[order[m - 1]]) ++end;
    std::vector<double> distances;
    for (std::size_t i = 0; i < end; ++i) {
        const auto partner = static_cast<std::size_t>(partners[order[i]]);
        distances.push_back(std::max(0.0, distance(points.row(partner), points.row(cell)) - nearest));
    }
    std::sort(distances.begin(), distances.end(), std::greater<>());
    distances.resize(m);
    return std::accumulate(distances.begin(), distances.end(), 0.0) / static_cast<double>(m);
}

std::vector<double> kernel_widths(const WnnModality& modality, const std::vector<double>& nearest,
                                  int threads) {
    const auto shared = shared_neighbours(modality.near, threads);
    std::vector<double> sigma(modality.points.rows);
    parallel_for(sigma.size(), threads, [&](std::size_t cell) {
        sigma[cell] = kernel_width(modality.points, shared, modality.near.k, cell, nearest[cell]);
    });
    return sigma;
}

WnnQuantities quantities_of(const WnnModality& modality, const Neighbours& other, int threads) {
    WnnQuantities result;
    for (std::size_t cell = 0; cell < modality.points.rows; ++cell)
        result.nearest.push_back(modality.near.distances_of(cell)[1]);
    result.within_dist = prediction_distance(modality.points, modality.near, result.nearest, threads);
    result.cross_dist = prediction_distance(modality.points, other, result.nearest, threads);
    result.sigma = kernel_widths(modality, result.nearest, threads);
    for (std::size_t cell = 0; cell < modality.points.rows; ++cell) {
        const double within = kernel(result.within_dist[cell], result.sigma[cell]),
                     cross = kernel(result.cross_dist[cell], result.sigma[cell]);
        result.score.push_back(std::clamp(within / (cross + kEpsilon), 0.0, kLargestScore));
    }
    return result;
}

// The cells near `cell` in either modality: those of the first in order, then the new ones of the second.
std::vector<std::int32_t> candidates_of(const std::array<WnnModality, 2>& modalities, std::size_t cell) {
    const auto first = modalities[0].wide.of(cell).subspan(1),
               second = modalities[1].wide.of(cell).subspan(1);
    std::vector<std::int32_t> result(first.begin(), first.end()), known = result;
    std::sort(known.begin(), known.end());
    for (const auto other : second)
        if (!std::binary_search(known.begin(), known.end(), other)) result.push_back(other);
    return result;
}

Neighbours joint_neighbours(const std::array<WnnModality, 2>& modalities,
                            const std::array<WnnQuantities, 2>& quantities, int threads) {
    const auto n = modalities[0].points.rows;
    Neighbours result;
    result.k = modalities[0].near.k;
    result.index.resize(n * result.k);
    result.distance.resize(n * result.k);
    parallel_for(n, threads, [&](std::size_t cell) {
        const auto candidates = candidates_of(modalities, cell);
        check(candidates.size() >= result.k, "weighted_neighbours: enough candidates");
        std::vector<std::pair<double, std::int32_t>> alike;  // similarity, candidate
        for (const auto other : candidates) {
            double similarity = 0;
            for (std::size_t r = 0; r < 2; ++r) {
                const auto& points = modalities[r].points;
                const auto& q = quantities[r];
                const double apart =
                    std::max(0.0, distance(points.row(cell), points.row(static_cast<std::size_t>(other))) -
                                      q.nearest[cell]);
                similarity += q.weight[cell] * kernel(apart, q.sigma[cell]);
            }
            alike.emplace_back(similarity, other);
        }
        std::stable_sort(alike.begin(), alike.end(), [](auto& a, auto& b) { return a.first > b.first; });
        for (std::size_t i = 0; i < result.k; ++i) {
            result.index[cell * result.k + i] = alike[i].second;
            result.distance[cell * result.k + i] = std::sqrt(std::clamp((1 - alike[i].first) / 2, 0.0, 1.0));
        }
    });
    return result;
}

}  // namespace

DenseMatrix unit_rows(const DenseMatrix& embedding, std::size_t first, std::size_t last) {
    check(first <= last && last <= embedding.cols, "unit_rows: columns that exist");
    DenseMatrix result(embedding.rows, last - first);
    for (std::size_t row = 0; row < embedding.rows; ++row) {
        double sum = 0;
        for (auto col = first; col < last; ++col) sum += embedding(row, col) * embedding(row, col);
        const double norm = std::sqrt(sum);
        for (auto col = first; col < last; ++col)
            result(row, col - first) = norm > 0 && std::isfinite(norm) ? embedding(row, col) / norm : 0;
    }
    return result;
}

WnnModality wnn_modality(DenseMatrix points, int threads) {
    const auto n = points.rows;
    check(n >= 3, "wnn_modality: at least three cells");
    WnnModality result;
    result.wide = nearest_neighbours(points, std::min(kWnnRange, n), true, threads);
    result.near.k = std::min(kWnnNeighbours, n - 1);
    for (std::size_t cell = 0; cell < n; ++cell) {
        const auto index = result.wide.of(cell).first(result.near.k);
        const auto distances = result.wide.distances_of(cell).first(result.near.k);
        result.near.index.insert(result.near.index.end(), index.begin(), index.end());
        result.near.distance.insert(result.near.distance.end(), distances.begin(), distances.end());
    }
    result.points = std::move(points);
    return result;
}

Wnn weighted_neighbours(const std::array<WnnModality, 2>& modalities, int threads) {
    check(modalities[0].points.rows == modalities[1].points.rows,
          "weighted_neighbours: the same cells in both");
    Wnn result;
    auto& [first, second] = result.quantities;
    first = quantities_of(modalities[0], modalities[1].near, threads);
    second = quantities_of(modalities[1], modalities[0].near, threads);
    for (std::size_t cell = 0; cell < first.score.size(); ++cell) {
        const double a = std::exp(first.score[cell]), b = std::exp(second.score[cell]);
        first.weight.push_back(a / (a + b));
        second.weight.push_back(b / (a + b));
    }
    result.neighbours = joint_neighbours(modalities, result.quantities, threads);
    result.graph = snn_graph(result.neighbours, kPruneJoint, threads);
    return result;
}

}  // namespace epi
