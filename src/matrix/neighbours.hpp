#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "matrix/dense.hpp"

namespace epi {

// The k nearest rows of each row by Euclidean distance, nearest first (ties: the smaller index first).
struct Neighbours {
    std::size_t k = 0;
    std::vector<std::int32_t> index;  // (n, k)
    std::vector<double> distance;     // (n, k)

    std::size_t size() const { return k == 0 ? 0 : index.size() / k; }
    std::span<const std::int32_t> of(std::size_t row) const { return std::span(index).subspan(row * k, k); }
    std::span<const double> distances_of(std::size_t row) const {
        return std::span(distance).subspan(row * k, k);
    }
};

// Exact search, in double precision. With `include_self` each row is its own first neighbour. k is cut to
// what there is.
Neighbours nearest_neighbours(const DenseMatrix& points, std::size_t k, bool include_self, int threads);
// The k nearest `reference` rows of each `query` row.
Neighbours nearest_neighbours(const DenseMatrix& query, const DenseMatrix& reference, std::size_t k,
                              int threads);

}  // namespace epi
