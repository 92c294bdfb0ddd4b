#include "baseline/lsi.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

// Two kinds of cells of very different depth: kind 0 opens peaks of the first half, kind 1 of the second.
DoubleMatrix two_kinds(int cells_of_each, std::uint64_t seed) {
    DoubleMatrix cells;
    cells.cols = 60;
    Rng rng(seed);
    for (int i = 0; i < 2 * cells_of_each; ++i) {
        const double depth = rng.uniform(0.2, 0.8);
        std::vector<std::int32_t> open;
        for (std::int32_t peak = 0; peak < 60; ++peak)
            if (rng.chance(depth * ((peak < 30) == (i % 2 == 0) ? 1.0 : 0.2))) open.push_back(peak);
        cells.add_row(open, std::vector<double>(open.size(), 1.0));
    }
    return cells;
}

TEST(Lsi, PlacesNewCellsWithTheirKind) {
    const auto model = fit_lsi(two_kinds(50, 1), {.components = 5}, 1);
    const auto train = project(model, two_kinds(50, 1), 1), fresh = project(model, two_kinds(20, 2), 2);
    for (std::size_t cell = 0; cell < fresh.rows; ++cell) {
        double closeness[2] = {0, 0};
        for (std::size_t other = 0; other < train.rows; ++other)
            for (std::size_t c = 0; c < train.cols; ++c)
                closeness[other % 2] += fresh(cell, c) * train(other, c);
        EXPECT_GT(closeness[cell % 2], closeness[1 - cell % 2]);
    }
}

TEST(Lsi, RowsHaveLengthOneAndDoNotDependOnThreadsOrOtherCells) {
    const auto cells = two_kinds(30, 3);
    const auto model = fit_lsi(cells, {.components = 4}, 1);
    EXPECT_EQ(model.loadings.values, fit_lsi(cells, {.components = 4}, 3).loadings.values);
    const auto all = project(model, cells, 3);
    const auto seventh = project(model, select_rows(cells, std::vector<std::int64_t>{7}), 1);
    double length = 0;
    for (std::size_t c = 0; c < all.cols; ++c) {
        EXPECT_EQ(all(7, c), seventh(0, c));
        length += all(7, c) * all(7, c);
    }
    EXPECT_NEAR(length, 1, 1e-12);
}

TEST(Lsi, LeavesOutTheComponentOfDepth) {
    const auto cells = two_kinds(200, 4);
    const auto kept = fit_lsi(cells, {.components = 3}, 1).loadings.cols;
    const auto all = fit_lsi(cells, {.components = 3, .max_depth_correlation = 1.0}, 1).loadings.cols;
    EXPECT_EQ(all, 3U);
    EXPECT_EQ(kept, 2U);
}

TEST(Lsi, CellsWithoutPeaksAreZeros) {
    const auto model = fit_lsi(two_kinds(30, 5), {.components = 3}, 1);
    DoubleMatrix empty;
    empty.cols = 60;
    empty.add_row({}, {});
    for (const double value : project(model, empty, 1).values) EXPECT_EQ(value, 0);
    EXPECT_THROW(fit_lsi(DoubleMatrix{}, {}, 1), InternalError);
    empty.cols = 59;
    EXPECT_THROW(project(model, empty, 1), InternalError);
}

}  // namespace
}  // namespace epi
