#include "metrics/silhouette.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.hpp"
#include "core/not_a_number.hpp"
#include "core/parallel.hpp"

namespace epi {
namespace {

double distance(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(sum);
}

// Labels as 0 .. n-1, with the number of points of each.
struct Numbered {
    std::vector<std::size_t> label;
    std::vector<double> count;
};

Numbered number_labels(std::span<const std::int32_t> labels) {
    std::map<std::int32_t, std::size_t> number;
    for (const auto label : labels) number.try_emplace(label, number.size());
    Numbered result;
    result.count.assign(number.size(), 0);
    for (const auto label : labels) {
        result.label.push_back(number.at(label));
        ++result.count[result.label.back()];
    }
    return result;
}

double width(std::span<const double> sums, const std::vector<double>& count, std::size_t own) {
    if (count[own] < 2) return 0;
    const double a = sums[own] / (count[own] - 1);
    double b = std::numeric_limits<double>::infinity();
    for (std::size_t other = 0; other < count.size(); ++other)
        if (other != own) b = std::min(b, sums[other] / count[other]);
    const double larger = std::max(a, b);
    return larger > 0 ? (b - a) / larger : 0;
}

double mean_of(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return values.empty() ? kNan : sum / static_cast<double>(values.size());
}

}  // namespace

std::vector<double> silhouette_widths(PointsView points, std::span<const std::int32_t> labels, int threads) {
    check(points.rows() == labels.size(), "silhouette_widths: one label for each point");
    const auto numbered = number_labels(labels);
    if (numbered.count.size() < 2 || numbered.count.size() >= labels.size()) return {};
    std::vector<double> widths(labels.size());
    parallel_ranges(
        labels.size(), threads,
        [&](std::size_t begin, std::size_t end) {
            std::vector<double> sums(numbered.count.size());
            for (auto i = begin; i < end; ++i) {
                std::fill(sums.begin(), sums.end(), 0.0);
                for (std::size_t j = 0; j < labels.size(); ++j)
                    if (j != i) sums[numbered.label[j]] += distance(points.row(i), points.row(j));
                widths[i] = width(sums, numbered.count, numbered.label[i]);
            }
        },
        16);
    return widths;
}

double label_asw(PointsView points, std::span<const std::int32_t> labels, int threads) {
    return (mean_of(silhouette_widths(points, labels, threads)) + 1) / 2;
}

double batch_asw(PointsView points, std::span<const std::int32_t> labels,
                 std::span<const std::int32_t> batches, int threads) {
    check(points.rows() == labels.size() && labels.size() == batches.size(),
          "batch_asw: a label and a batch for each point");
    std::map<std::int32_t, std::vector<std::size_t>> cells_of;
    for (std::size_t i = 0; i < labels.size(); ++i) cells_of[labels[i]].push_back(i);
    std::vector<double> per_label;
    for (const auto& [label, cells] : cells_of) {
        std::vector<double> values;
        std::vector<std::int32_t> codes;
        for (const auto cell : cells) {
            const auto row = points.row(cell);
            values.insert(values.end(), row.begin(), row.end());
            codes.push_back(batches[cell]);
        }
        auto widths = silhouette_widths({values, points.cols}, codes, threads);
        if (widths.empty()) continue;
        for (double& value : widths) value = 1 - std::fabs(value);
        per_label.push_back(mean_of(widths));
    }
    return mean_of(per_label);
}

}  // namespace epi
