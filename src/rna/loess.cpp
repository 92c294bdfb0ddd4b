#include "rna/loess.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.hpp"

namespace epi {
namespace {

constexpr double kCell = 0.2;  // R's default: a leaf holds span * cell of the points

using Columns = std::array<std::vector<double>, 3>;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Rotates columns a and b of `columns` (and of `turned` beside them) until they are orthogonal; false if they
// were.
bool rotate(Columns& columns, std::array<std::array<double, 3>, 3>& turned, std::size_t a, std::size_t b) {
    const double aa = dot(columns[a], columns[a]), bb = dot(columns[b], columns[b]),
                 ab = dot(columns[a], columns[b]);
    if (std::abs(ab) <= std::numeric_limits<double>::epsilon() * std::sqrt(aa * bb)) return false;
    const double zeta = (bb - aa) / (2 * ab);
    const double tangent = std::copysign(1.0, zeta) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
    const double cosine = 1 / std::sqrt(1 + tangent * tangent), sine = cosine * tangent;
    const auto turn = [&](double& left, double& right) {
        const double old = left;
        left = cosine * old - sine * right;
        right = sine * old + cosine * right;
    };
    for (std::size_t i = 0; i < columns[a].size(); ++i) turn(columns[a][i], columns[b][i]);
    for (std::size_t i = 0; i < 3; ++i) turn(turned[a][i], turned[b][i]);
    return true;
}

// Least squares of y on three columns by the SVD (one-sided Jacobi) of the columns at unit norm; directions
// with a singular value of no more than 100 epsilon times the largest are left out.
std::array<double, 3> least_squares(Columns columns, const std::vector<double>& y) {
    std::array<double, 3> norms{}, result{};
    for (std::size_t c = 0; c < 3; ++c) {
        norms[c] = std::sqrt(dot(columns[c], columns[c]));
        if (norms[c] == 0) norms[c] = 1;
        for (auto& value : columns[c]) value /= norms[c];
    }
    std::array<std::array<double, 3>, 3> turned{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    for (int sweep = 0; sweep < 60; ++sweep) {
        const bool first = rotate(columns, turned, 0, 1), second = rotate(columns, turned, 0, 2),
                   third = rotate(columns, turned, 1, 2);
        if (!first && !second && !third) break;
    }
    std::array<double, 3> singular{};
    for (std::size_t c = 0; c < 3; ++c) singular[c] = std::sqrt(dot(columns[c], columns[c]));
    const double floor =
        *std::max_element(singular.begin(), singular.end()) * 100 * std::numeric_limits<double>::epsilon();
    for (std::size_t c = 0; c < 3; ++c) {
        if (singular[c] <= floor) continue;
        const double along = dot(columns[c], y) / (singular[c] * singular[c]);
        for (std::size_t i = 0; i < 3; ++i) result[i] += along * turned[c][i] / norms[i];
    }
    return result;
}

// Value and slope at `at` of the tricube-weighted quadratic over the q nearest points.
Loess::Vertex fit(std::span<const double> x, std::span<const double> y, std::size_t q, double at) {
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto nearer = [&](std::size_t a, std::size_t b) {
        return std::abs(x[a] - at) < std::abs(x[b] - at);
    };
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(q - 1), order.end(), nearer);
    order.resize(q);
    const double reach = (x[order.back()] - at) * (x[order.back()] - at);
    std::sort(order.begin(), order.end());
    Columns columns;
    std::vector<double> weighted;
    for (const auto i : order) {
        const double distance = x[i] - at, ratio = reach > 0 ? std::sqrt(distance * distance / reach) : 0;
        const double inside = 1 - ratio * ratio * ratio;
        const double weight = inside > 0 ? std::sqrt(inside * inside * inside) : 0;
        columns[0].push_back(weight);
        columns[1].push_back(weight * distance);
        columns[2].push_back(weight * distance * distance);
        weighted.push_back(weight * y[i]);
    }
    if (dot(columns[0], columns[0]) == 0) {  // all equally far: nothing to weigh by
        double sum = 0;
        for (const auto i : order) sum += y[i];
        return {at, sum / static_cast<double>(q), 0};
    }
    const auto beta = least_squares(std::move(columns), weighted);
    return {at, beta[0], beta[1]};
}

// Where to cut the sorted points first .. last (counted from 0, inclusive): the last index of the left part,
// found from the middle outwards where two neighbours differ.
std::size_t cut_index(const std::vector<double>& sorted, std::size_t first, std::size_t last) {
    const auto low = static_cast<std::ptrdiff_t>(first + 1), high = static_cast<std::ptrdiff_t>(last + 1);
    const auto middle = (low + high) / 2;  // indices counted from 1, as the definition has them
    const auto value = [&](std::ptrdiff_t i) { return sorted[static_cast<std::size_t>(i - 1)]; };
    for (std::ptrdiff_t offset = 0;; offset = offset <= 0 ? 1 - offset : -offset) {
        if (middle + offset >= high || middle + offset < low) break;
        if (value(middle + offset) != value(middle + offset + 1))
            return static_cast<std::size_t>(middle + offset - 1);
    }
    return static_cast<std::size_t>(middle - 1);
}

}  // namespace

Loess::Loess(std::span<const double> x, std::span<const double> y, double span) {
    check(!x.empty() && x.size() == y.size(), "Loess: as many y as x, at least one");
    const auto n = static_cast<double>(x.size());
    const auto q =
        std::max<std::size_t>(1, static_cast<std::size_t>(std::min(n, std::floor(n * span + 1e-5))));
    std::vector<double> sorted(x.begin(), x.end());
    std::sort(sorted.begin(), sorted.end());
    const double low = sorted.front(), high = sorted.back();
    const double margin =
        0.005 * std::max(high - low, 1e-10 * std::max(std::abs(low), std::abs(high)) + 1e-30);
    vertices_ = {{low - margin, 0, 0}, {high + margin, 0, 0}};
    cells_.push_back({0, sorted.size() - 1, 0, 1});
    build(sorted, static_cast<std::size_t>(std::floor(n * (span * kCell))));
    for (auto& vertex : vertices_) vertex = fit(x, y, q, vertex.x);
}

void Loess::build(const std::vector<double>& sorted, std::size_t leaf_capacity) {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        const Cell cell = cells_[i];
        const double low = vertices_[cell.low].x, high = vertices_[cell.high].x;
        if (cell.last - cell.first + 1 <= leaf_capacity || high <= low) continue;
        const auto last_left = cut_index(sorted, cell.first, cell.last);
        const double cut = sorted[last_left];
        if (cut == low || cut == high || last_left == cell.last) continue;
        cells_[i].cut = cut;
        cells_[i].left = static_cast<std::int32_t>(cells_.size());
        cells_[i].right = cells_[i].left + 1;
        vertices_.push_back({cut, 0, 0});
        const auto vertex = vertices_.size() - 1;
        cells_.push_back({cell.first, last_left, cell.low, vertex});
        cells_.push_back({last_left + 1, cell.last, vertex, cell.high});
    }
}

double Loess::operator()(double x) const {
    std::size_t at = 0;
    while (cells_[at].left >= 0)
        at = static_cast<std::size_t>(x <= cells_[at].cut ? cells_[at].left : cells_[at].right);
    const Vertex &low = vertices_[cells_[at].low], &high = vertices_[cells_[at].high];
    const double width = high.x - low.x, h = (x - low.x) / width;
    return (1 - h) * (1 - h) * (1 + 2 * h) * low.value + h * h * (3 - 2 * h) * high.value +
           width * (h * (1 - h) * (1 - h) * low.slope + h * h * (h - 1) * high.slope);
}

}  // namespace epi
