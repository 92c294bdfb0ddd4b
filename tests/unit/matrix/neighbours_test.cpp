#include "matrix/neighbours.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"

namespace epi {
namespace {

DenseMatrix random_points(std::size_t rows, std::size_t cols, std::uint64_t seed) {
    DenseMatrix points(rows, cols);
    Rng rng(seed);
    for (auto& value : points.values) value = std::floor(rng.uniform(0, 6));  // many ties
    return points;
}

std::vector<std::pair<double, std::int32_t>> all_sorted(std::span<const double> query,
                                                        const DenseMatrix& reference) {
    std::vector<std::pair<double, std::int32_t>> result;
    for (std::size_t row = 0; row < reference.rows; ++row) {
        double sum = 0;
        for (std::size_t d = 0; d < query.size(); ++d)
            sum += (query[d] - reference(row, d)) * (query[d] - reference(row, d));
        result.emplace_back(std::sqrt(sum), static_cast<std::int32_t>(row));
    }
    std::sort(result.begin(), result.end());
    return result;
}

TEST(Neighbours, AreThoseOfASortOfAllDistancesSmallerIndexFirst) {
    const auto query = random_points(30, 3, 1), reference = random_points(201, 3, 2);
    const auto found = nearest_neighbours(query, reference, 17, 3);
    ASSERT_EQ(found.size(), 30u);
    for (std::size_t row = 0; row < query.rows; ++row) {
        const auto expected = all_sorted(query.row(row), reference);
        for (std::size_t i = 0; i < found.k; ++i) {
            EXPECT_EQ(found.of(row)[i], expected[i].second);
            EXPECT_DOUBLE_EQ(found.distances_of(row)[i], expected[i].first);
        }
    }
}

TEST(Neighbours, SelfComesFirstEvenAmongDuplicatesOrNotAtAll) {
    DenseMatrix points(5, 1);
    points.values = {0, 0, 0, 1, 5};
    const auto with = nearest_neighbours(points, 3, true, 1);
    EXPECT_EQ(std::vector(with.of(1).begin(), with.of(1).end()), (std::vector<std::int32_t>{1, 0, 2}));
    const auto without = nearest_neighbours(points, 3, false, 1);
    EXPECT_EQ(std::vector(without.of(1).begin(), without.of(1).end()), (std::vector<std::int32_t>{0, 2, 3}));
    EXPECT_EQ(without.distances_of(4)[0], 4);
}

TEST(Neighbours, KIsCutToWhatThereIs) {
    const auto points = random_points(4, 2, 3);
    EXPECT_EQ(nearest_neighbours(points, 20, true, 1).k, 4u);
    EXPECT_EQ(nearest_neighbours(points, 20, false, 1).k, 3u);
    EXPECT_EQ(nearest_neighbours(random_points(2, 2, 1), points, 20, 1).k, 4u);
    EXPECT_EQ(nearest_neighbours(DenseMatrix(0, 2), 20, true, 1).size(), 0u);
}

TEST(Neighbours, DoNotDependOnTheNumberOfThreads) {
    const auto points = random_points(300, 5, 4);
    const auto one = nearest_neighbours(points, 20, false, 1),
               three = nearest_neighbours(points, 20, false, 3);
    EXPECT_EQ(one.index, three.index);
    EXPECT_EQ(one.distance, three.distance);
}

}  // namespace
}  // namespace epi
