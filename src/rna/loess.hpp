#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace epi {

// Local quadratic regression on one predictor as R's loess() with gaussian family and an interpolated surface
// computes it (Cleveland & Grosse 1991): the fit is made at the vertices of a k-d tree over x and blended
// between them by cubic Hermite polynomials.
class Loess {
  public:
    struct Vertex {
        double x, value, slope;
    };
    struct Cell {
        std::size_t first, last;             // of the sorted x it owns, inclusive
        std::size_t low, high;               // vertices at its ends
        double cut = 0;                      // points up to this go to `left`
        std::int32_t left = -1, right = -1;  // -1: a leaf
    };

    // At least one point; x and y finite and of the same length; 0 < span < 1.
    Loess(std::span<const double> x, std::span<const double> y, double span);

    // The fitted value; x within the range of the data.
    double operator()(double x) const;

    // Both ends of the range first, then the cuts in the order made.
    const std::vector<Vertex>& vertices() const { return vertices_; }
    // Breadth first.
    const std::vector<Cell>& cells() const { return cells_; }

  private:
    void build(const std::vector<double>& sorted, std::size_t leaf_capacity);

    std::vector<Vertex> vertices_;
    std::vector<Cell> cells_;
};

}  // namespace epi
