#include "label/fuzzy_graph.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/text.hpp"
#include "io/table.hpp"
#include "support/optional_data.hpp"

namespace epi {
namespace {

using test::optional_data;

DenseMatrix golden_embedding() {
    const auto table = read_table(optional_data("golden/metrics/dsA_embedding.csv"));
    DenseMatrix points(table.rows.size(), table.columns.size());
    for (std::size_t r = 0; r < points.rows; ++r)
        for (std::size_t c = 0; c < points.cols; ++c) points(r, c) = *parse_number<double>(table.rows[r][c]);
    return points;
}

TEST(FuzzyGraph, IsSymmetricWithWeightOneToTheNearest) {
    DenseMatrix points(5, 1);
    points.values = {0, 1, 1.5, 4, 4};
    const auto graph = fuzzy_graph(nearest_neighbours(points, 3, true, 1));
    const auto turned = transpose(graph);
    EXPECT_EQ(graph.indices, turned.indices);
    EXPECT_EQ(graph.values, turned.values);
    for (std::int64_t cell = 0; cell < 5; ++cell) {
        const auto weights = graph.row_values(cell);
        EXPECT_DOUBLE_EQ(*std::max_element(weights.begin(), weights.end()), 1);
        for (const auto other : graph.row_indices(cell)) EXPECT_NE(other, cell);
    }
}

TEST(FuzzyGraph, EqualsUmapOnTheGoldenEmbedding) {
    EPI_NEEDS_DATA("golden/metrics/dsA_connectivities.csv");
    const auto graph = fuzzy_graph(nearest_neighbours(golden_embedding(), 15, true, 1));
    const auto wanted = read_table(optional_data("golden/metrics/dsA_connectivities.csv"));
    std::size_t upper = 0;
    for (std::int64_t cell = 0; cell < graph.rows; ++cell)
        for (const auto other : graph.row_indices(cell)) upper += other > cell ? 1 : 0;
    EXPECT_EQ(upper, wanted.rows.size());
    for (const auto& row : wanted.rows) {
        const auto i = *parse_number<std::int64_t>(row[0]), j = *parse_number<std::int64_t>(row[1]);
        const auto columns = graph.row_indices(i);
        const auto at = std::lower_bound(columns.begin(), columns.end(), j);
        ASSERT_TRUE(at != columns.end() && *at == j) << i << " " << j;
        EXPECT_NEAR(graph.row_values(i)[static_cast<std::size_t>(at - columns.begin())],
                    *parse_number<double>(row[2]), 5e-6);
    }
}

}  // namespace
}  // namespace epi
