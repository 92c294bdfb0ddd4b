#include "label/fuzzy_graph.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

namespace epi {
namespace {

constexpr int kBisections = 64;
constexpr double kTolerance = 1e-5;
constexpr double kSmallestSigma = 1e-3;  // of the mean distance

double smallest_positive(std::span<const double> distances) {
    double rho = 0;
    for (const double d : distances)
        if (d > 0 && (rho == 0 || d < rho)) rho = d;
    return rho;
}

double weight(double distance, double rho, double sigma) {
    return distance <= rho ? 1 : std::exp(-(distance - rho) / sigma);
}

// sigma by bisection, with the floor that keeps it from vanishing in dense spots.
double bandwidth(std::span<const double> distances, double rho, double mean_of_all) {
    const double target = std::log2(static_cast<double>(distances.size()));
    double low = 0, high = std::numeric_limits<double>::infinity(), sigma = 1;
    for (int step = 0; step < kBisections; ++step) {
        double sum = 0;
        for (const double d : distances.subspan(1)) sum += weight(d, rho, sigma);
        if (std::fabs(sum - target) < kTolerance) break;
        if (sum > target) {
            high = sigma;
            sigma = (low + high) / 2;
        } else {
            low = sigma;
            sigma = std::isinf(high) ? sigma * 2 : (low + high) / 2;
        }
    }
    const double mean =
        std::accumulate(distances.begin(), distances.end(), 0.0) / static_cast<double>(distances.size());
    return std::max(sigma, kSmallestSigma * (rho > 0 ? mean : mean_of_all));
}

// The weights that each cell gives its own neighbours.
DoubleMatrix directed_weights(const Neighbours& lists) {
    const double mean_of_all = std::accumulate(lists.distance.begin(), lists.distance.end(), 0.0) /
                               static_cast<double>(std::max<std::size_t>(1, lists.distance.size()));
    DoubleMatrix graph;
    graph.cols = static_cast<std::int64_t>(lists.size());
    std::vector<std::pair<std::int32_t, double>> row;
    std::vector<std::int32_t> columns;
    std::vector<double> weights;
    for (std::size_t cell = 0; cell < lists.size(); ++cell) {
        const auto distances = lists.distances_of(cell);
        const double rho = smallest_positive(distances);
        const double sigma = bandwidth(distances, rho, mean_of_all);
        row.clear();
        for (std::size_t i = 0; i < lists.k; ++i) {
            const auto other = lists.of(cell)[i];
            const double w = weight(distances[i], rho, sigma);
            if (other != static_cast<std::int32_t>(cell) && w > 0) row.emplace_back(other, w);
        }
        std::sort(row.begin(), row.end());
        columns.clear();
        weights.clear();
        for (const auto& [column, w] : row) {
            columns.push_back(column);
            weights.push_back(w);
        }
        graph.add_row(columns, weights);
    }
    return graph;
}

}  // namespace

DoubleMatrix fuzzy_graph(const Neighbours& lists) {
    const auto out = directed_weights(lists), in = transpose(out);
    DoubleMatrix graph;
    graph.cols = out.cols;
    std::vector<std::int32_t> columns;
    std::vector<double> weights;
    for (std::int64_t cell = 0; cell < out.rows; ++cell) {
        const auto out_columns = out.row_indices(cell), in_columns = in.row_indices(cell);
        const auto out_weights = out.row_values(cell), in_weights = in.row_values(cell);
        columns.clear();
        weights.clear();
        for (std::size_t i = 0, j = 0; i < out_columns.size() || j < in_columns.size();) {
            const auto next = std::min(i < out_columns.size() ? out_columns[i] : INT32_MAX,
                                       j < in_columns.size() ? in_columns[j] : INT32_MAX);
            const double a = i < out_columns.size() && out_columns[i] == next ? out_weights[i++] : 0;
            const double b = j < in_columns.size() && in_columns[j] == next ? in_weights[j++] : 0;
            columns.push_back(next);
            weights.push_back(a + b - a * b);
        }
        graph.add_row(columns, weights);
    }
    return graph;
}

}  // namespace epi
