#include "matrix/umap.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"

namespace epi {
namespace {

// Three groups far apart in five dimensions; row i is in group i % 3.
DenseMatrix three_groups() {
    DenseMatrix points(150, 5);
    Rng rng(1);
    for (std::size_t row = 0; row < points.rows; ++row) {
        for (auto& value : points.row(row)) value = rng.normal();
        points(row, row % 3) += 30;
    }
    return points;
}

TEST(Umap, KeepsNeighboursOfAGroupTogether) {
    const auto layout = umap(three_groups(), {}, 2);
    ASSERT_EQ(layout.cols, 2u);
    const auto nearest = nearest_neighbours(layout, 5, false, 1);
    int same = 0;
    for (std::size_t row = 0; row < layout.rows; ++row)
        for (const auto other : nearest.of(row)) same += row % 3 == static_cast<std::size_t>(other) % 3;
    EXPECT_GT(same, 0.98 * 150 * 5);
}

TEST(Umap, IsTheSameForASeedAtAnyThreadCountAndElseDiffers) {
    const auto points = three_groups();
    UmapOptions options;
    const auto one = umap(points, options, 1), three = umap(points, options, 3);
    EXPECT_EQ(one.values, three.values);
    options.seed = 1;
    EXPECT_NE(one.values, umap(points, options, 1).values);
}

TEST(Umap, LaysOutVeryFewRows) {
    for (const std::size_t rows : {0, 1, 2, 7, 8, 9}) {
        DenseMatrix points(rows, 3);
        for (std::size_t i = 0; i < points.values.size(); ++i)
            points.values[i] = static_cast<double>(i * i % 7);
        const auto layout = umap(points, {}, 1);
        ASSERT_EQ(layout.rows, rows);
        for (const double value : layout.values) EXPECT_TRUE(std::isfinite(value));
    }
}

}  // namespace
}  // namespace epi
