#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace epi {

// Points by rows: row i is values[i * cols .. (i + 1) * cols).
struct PointsView {
    std::span<const double> values;
    std::size_t cols = 0;
    std::size_t rows() const { return cols == 0 ? 0 : values.size() / cols; }
    std::span<const double> row(std::size_t i) const { return values.subspan(i * cols, cols); }
};

// Silhouette width of each point by Euclidean distance: (b - a) / max(a, b), a = mean distance to the others
// with its label, b = smallest mean distance to another label. 0 where the label has one point, and where
// a = b = 0. Empty if there are not 2 .. rows-1 labels. The same numbers at any thread count.
std::vector<double> silhouette_widths(PointsView points, std::span<const std::int32_t> labels, int threads);

// Average silhouette width of cell types, scaled to 0 .. 1 (0.5: no separation); NaN where it is not defined.
double label_asw(PointsView points, std::span<const std::int32_t> labels, int threads);

// How well batches mix: within each label 1 - |silhouette of the batch|, averaged over the label's cells,
// then over labels (scib). 1 is perfect mixing. Labels with one batch, or as many batches as cells, are left
// out; NaN if none is left.
double batch_asw(PointsView points, std::span<const std::int32_t> labels,
                 std::span<const std::int32_t> batches, int threads);

}  // namespace epi
