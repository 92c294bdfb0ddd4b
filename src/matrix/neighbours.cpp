#include "matrix/neighbours.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "core/parallel.hpp"

namespace epi {
namespace {

constexpr std::size_t kTile = 64;  // reference rows whose distances are computed side by side
constexpr std::size_t kNoRow = ~std::size_t{0};

using Candidate = std::pair<double, std::int32_t>;  // squared distance, row: their order is the order wanted

// The reference rows in tiles, each stored dimension by dimension, so that the inner loop runs over rows. The
// last tile is filled up with zeros.
std::vector<double> tile_rows(const DenseMatrix& points) {
    const auto tiles = (points.rows + kTile - 1) / kTile;
    std::vector<double> tiled(tiles * kTile * points.cols);
    for (std::size_t row = 0; row < points.rows; ++row)
        for (std::size_t dim = 0; dim < points.cols; ++dim)
            tiled[(row / kTile * points.cols + dim) * kTile + row % kTile] = points(row, dim);
    return tiled;
}

std::array<double, kTile> squared_distances(std::span<const double> query, const double* tile) {
    std::array<double, kTile> sums{};
    for (const double coordinate : query) {
        for (std::size_t j = 0; j < kTile; ++j) {
            const double difference = coordinate - tile[j];
            sums[j] += difference * difference;
        }
        tile += kTile;
    }
    return sums;
}

// The k nearest reference rows but `skip`, sorted.
std::vector<Candidate> nearest_to(std::span<const double> query, const std::vector<double>& tiled,
                                  std::size_t rows, std::size_t k, std::size_t skip) {
    std::vector<Candidate> heap;  // the farthest on top
    heap.reserve(k + 1);
    for (std::size_t first = 0; first < rows; first += kTile) {
        const auto sums = squared_distances(query, tiled.data() + first * query.size());
        const auto count = std::min(kTile, rows - first);
        for (std::size_t j = 0; j < count; ++j) {
            if (first + j == skip) continue;
            const Candidate candidate{sums[j], static_cast<std::int32_t>(first + j)};
            if (heap.size() == k && !(candidate < heap.front())) continue;
            heap.push_back(candidate);
            std::push_heap(heap.begin(), heap.end());
            if (heap.size() > k) {
                std::pop_heap(heap.begin(), heap.end());
                heap.pop_back();
            }
        }
    }
    std::sort_heap(heap.begin(), heap.end());
    return heap;
}

Neighbours search(const DenseMatrix& query, const DenseMatrix& reference, std::size_t k, bool same,
                  bool include_self, int threads) {
    Neighbours result;
    const auto available = same && !include_self && reference.rows > 0 ? reference.rows - 1 : reference.rows;
    result.k = std::min(k, available);
    result.index.resize(query.rows * result.k);
    result.distance.resize(query.rows * result.k);
    if (result.k == 0) return result;
    const auto tiled = tile_rows(reference);
    const std::size_t lead = same && include_self ? 1 : 0;
    parallel_for(query.rows, threads, [&](std::size_t row) {
        auto* index = result.index.data() + row * result.k;
        auto* distance = result.distance.data() + row * result.k;
        if (lead == 1) index[0] = static_cast<std::int32_t>(row);
        if (result.k == lead) return;
        const auto found =
            nearest_to(query.row(row), tiled, reference.rows, result.k - lead, same ? row : kNoRow);
        for (std::size_t i = 0; i < found.size(); ++i) {
            index[lead + i] = found[i].second;
            distance[lead + i] = std::sqrt(found[i].first);
        }
    });
    return result;
}

}  // namespace

Neighbours nearest_neighbours(const DenseMatrix& points, std::size_t k, bool include_self, int threads) {
    return search(points, points, k, true, include_self, threads);
}

Neighbours nearest_neighbours(const DenseMatrix& query, const DenseMatrix& reference, std::size_t k,
                              int threads) {
    check(query.cols == reference.cols || query.rows == 0 || reference.rows == 0,
          "nearest_neighbours: query and reference have the same number of dimensions");
    return search(query, reference, k, false, false, threads);
}

}  // namespace epi
