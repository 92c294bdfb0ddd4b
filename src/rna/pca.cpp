#include "rna/pca.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "matrix/svd.hpp"

namespace epi {
namespace {

constexpr double kLargest = 10;

// Mean and sample variance of one column of a dense matrix.
std::pair<double, double> moments(const DenseMatrix& matrix, std::size_t col) {
    const auto n = static_cast<double>(matrix.rows);
    double sum = 0, squares = 0;
    for (std::size_t row = 0; row < matrix.rows; ++row) sum += matrix(row, col);
    const double mean = sum / n;
    for (std::size_t row = 0; row < matrix.rows; ++row)
        squares += (matrix(row, col) - mean) * (matrix(row, col) - mean);
    return {mean, matrix.rows > 1 ? squares / (n - 1) : 0};
}

}  // namespace

DenseMatrix scale_genes(const DoubleMatrix& lognorm, std::span<const std::int32_t> genes) {
    std::vector<std::int32_t> place(static_cast<std::size_t>(lognorm.cols), -1);
    for (std::size_t i = 0; i < genes.size(); ++i) {
        check(genes[i] >= 0 && genes[i] < lognorm.cols, "scale_genes: genes that exist");
        place[static_cast<std::size_t>(genes[i])] = static_cast<std::int32_t>(i);
    }
    DenseMatrix result(static_cast<std::size_t>(lognorm.rows), genes.size());
    for (std::size_t row = 0; row < result.rows; ++row) {
        const auto columns = lognorm.row_indices(static_cast<std::int64_t>(row));
        const auto values = lognorm.row_values(static_cast<std::int64_t>(row));
        for (std::size_t i = 0; i < columns.size(); ++i)
            if (const auto to = place[static_cast<std::size_t>(columns[i])]; to >= 0)
                result(row, static_cast<std::size_t>(to)) = values[i];
    }
    for (std::size_t col = 0; col < result.cols; ++col) {
        const auto [mean, variance] = moments(result, col);
        const double deviation = std::sqrt(variance);
        for (std::size_t row = 0; row < result.rows; ++row)
            result(row, col) = deviation > 0 ? std::min((result(row, col) - mean) / deviation, kLargest) : 0;
    }
    return result;
}

Pca principal_components(const DenseMatrix& scaled, int components, std::uint64_t seed, int threads) {
    Pca result;
    // A gene without variance is all zero and adds nothing, so it need not be taken out.
    const auto fewest = static_cast<int>(std::min(scaled.rows, scaled.cols));
    auto svd = truncated_svd(scaled, std::max(0, std::min(components, fewest - 1)), seed, threads);
    for (std::size_t row = 0; row < svd.u.rows; ++row)
        for (std::size_t k = 0; k < svd.d.size(); ++k) svd.u(row, k) *= svd.d[k];
    const double degrees = std::max<double>(1, static_cast<double>(scaled.rows) - 1);
    for (const double d : svd.d) result.stdev.push_back(d / std::sqrt(degrees));
    for (std::size_t col = 0; col < scaled.cols; ++col) result.total_variance += moments(scaled, col).second;
    result.embedding = std::move(svd.u);
    result.loadings = std::move(svd.v);
    return result;
}

}  // namespace epi
