#include "matrix/svd.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"

namespace epi {
namespace {

// Random orthonormal columns by Gram-Schmidt.
DenseMatrix orthonormal(std::size_t rows, std::size_t cols, std::uint64_t seed) {
    DenseMatrix q(rows, cols);
    Rng rng(seed);
    for (auto& value : q.values) value = rng.normal();
    for (std::size_t c = 0; c < cols; ++c) {
        for (std::size_t pass = 0; pass < 2; ++pass)
            for (std::size_t p = 0; p < c; ++p) {
                double dot = 0;
                for (std::size_t r = 0; r < rows; ++r) dot += q(r, c) * q(r, p);
                for (std::size_t r = 0; r < rows; ++r) q(r, c) -= dot * q(r, p);
            }
        double norm = 0;
        for (std::size_t r = 0; r < rows; ++r) norm += q(r, c) * q(r, c);
        for (std::size_t r = 0; r < rows; ++r) q(r, c) /= std::sqrt(norm);
    }
    return q;
}

// A matrix with the given singular values.
DenseMatrix with_spectrum(std::size_t rows, std::size_t cols, const std::vector<double>& d) {
    const auto u = orthonormal(rows, d.size(), 1), v = orthonormal(cols, d.size(), 2);
    DenseMatrix a(rows, cols);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c)
            for (std::size_t k = 0; k < d.size(); ++k) a(r, c) += u(r, k) * d[k] * v(c, k);
    return a;
}

void expect_is_svd(const DenseMatrix& a, const Svd& svd, double tolerance) {
    for (std::size_t k = 0; k < svd.d.size(); ++k) {
        double error = 0;
        for (std::size_t r = 0; r < a.rows; ++r) {
            double sum = 0;
            for (std::size_t c = 0; c < a.cols; ++c) sum += a(r, c) * svd.v(c, k);
            error = std::max(error, std::abs(sum - svd.d[k] * svd.u(r, k)));
        }
        for (std::size_t c = 0; c < a.cols; ++c) {
            double sum = 0;
            for (std::size_t r = 0; r < a.rows; ++r) sum += a(r, c) * svd.u(r, k);
            error = std::max(error, std::abs(sum - svd.d[k] * svd.v(c, k)));
        }
        EXPECT_LT(error, tolerance * svd.d[0]) << "component " << k;
        double extreme = 0;
        for (std::size_t c = 0; c < a.cols; ++c)
            if (std::abs(svd.v(c, k)) > std::abs(extreme)) extreme = svd.v(c, k);
        EXPECT_GT(extreme, 0);
    }
}

DoubleMatrix to_sparse(const DenseMatrix& dense) {
    DoubleMatrix sparse;
    sparse.cols = static_cast<std::int64_t>(dense.cols);
    for (std::size_t r = 0; r < dense.rows; ++r) {
        std::vector<std::int32_t> columns;
        std::vector<double> values;
        for (std::size_t c = 0; c < dense.cols; ++c)
            if (dense(r, c) != 0)
                columns.push_back(static_cast<std::int32_t>(c)), values.push_back(dense(r, c));
        sparse.add_row(columns, values);
    }
    return sparse;
}

TEST(Svd, FindsTheSingularValuesAMatrixWasMadeOfWideAndTall) {
    std::vector<double> d;
    for (int k = 0; k < 120; ++k) d.push_back(100 * std::pow(0.97, k));  // a flat tail
    for (const auto& [rows, cols] : {std::pair{400, 150}, std::pair{150, 400}}) {
        const auto a = with_spectrum(static_cast<std::size_t>(rows), static_cast<std::size_t>(cols), d);
        const auto svd = truncated_svd(a, 20, 7, 2);
        ASSERT_EQ(svd.d.size(), 20u);
        for (std::size_t k = 0; k < 20; ++k) EXPECT_NEAR(svd.d[k] / d[k], 1, 1e-9);
        expect_is_svd(a, svd, 1e-9);
    }
}

TEST(Svd, ConvergesThroughRestartsOnAMatrixMuchLargerThanTheBasis) {
    std::vector<double> d;
    for (int k = 0; k < 80; ++k) d.push_back(10 / (1 + 0.02 * k));
    const auto a = with_spectrum(1050, 1010, d);
    const auto svd = truncated_svd(a, 5, 3, 2);
    for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(svd.d[k] / d[k], 1, 1e-9);
    expect_is_svd(a, svd, 1e-9);
}

TEST(Svd, IsAccurateForSingularValuesFarBelowTheLargest) {
    const std::vector<double> d{1e4, 3, 1, 1e-2, 1e-3, 3e-4};
    const auto svd = truncated_svd(with_spectrum(80, 50, d), 6, 1, 1);
    for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(svd.d[k] / d[k], 1, k < 3 ? 1e-9 : 1e-6);
}

TEST(Svd, SparseAndDenseAgree) {
    auto a = with_spectrum(60, 40, {9, 5, 4, 3, 2, 1});
    for (std::size_t i = 0; i < a.values.size(); i += 3) a.values[i] = 0;
    const auto dense = truncated_svd(a, 6, 1, 1), sparse = truncated_svd(to_sparse(a), 6, 1, 1);
    for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(dense.d[k], sparse.d[k], 1e-12);
    for (std::size_t i = 0; i < dense.u.values.size(); ++i)
        EXPECT_NEAR(dense.u.values[i], sparse.u.values[i], 1e-10);
}

TEST(Svd, CopesWithRepeatedAndZeroSingularValues) {
    DenseMatrix identity(25, 25);
    for (std::size_t i = 0; i < 25; ++i) identity(i, i) = 2;
    for (const double d : truncated_svd(identity, 25, 1, 1).d) EXPECT_NEAR(d, 2, 1e-12);
    const auto low = with_spectrum(50, 30, {4, 4, 4, 1});
    const auto svd = truncated_svd(low, 8, 1, 1);
    const std::vector<double> expected{4, 4, 4, 1, 0, 0, 0, 0};
    for (std::size_t k = 0; k < 8; ++k) EXPECT_NEAR(svd.d[k], expected[k], 1e-10);
    for (const double d : truncated_svd(DenseMatrix(7, 9), 3, 1, 1).d) EXPECT_EQ(d, 0);
}

TEST(Svd, RankIsCutToTheMatrix) {
    const auto a = with_spectrum(6, 4, {3, 2, 1, 0.5});
    EXPECT_EQ(truncated_svd(a, 50, 1, 1).d.size(), 4u);
    EXPECT_EQ(truncated_svd(DenseMatrix(0, 5), 3, 1, 1).d.size(), 0u);
}

TEST(Svd, GivesTheSameBytesAtAnyThreadCount) {
    DenseMatrix a(1250, 300);  // with this rank large enough to be worth several threads
    Rng rng(1);
    for (auto& value : a.values) value = rng.normal();
    const auto one = truncated_svd(a, 290, 5, 1), three = truncated_svd(a, 290, 5, 3);
    EXPECT_EQ(one.d, three.d);
    EXPECT_EQ(one.u.values, three.u.values);
    EXPECT_EQ(one.v.values, three.v.values);
}

}  // namespace
}  // namespace epi
