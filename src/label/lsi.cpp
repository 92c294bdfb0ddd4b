#include "label/lsi.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "matrix/svd.hpp"
#include "rna/normalise.hpp"

namespace epi {
namespace {

constexpr double kScale = 1e4;

}  // namespace

PeakTotals peak_totals(const DoubleMatrix& counts) {
    PeakTotals result;
    result.total.assign(static_cast<std::size_t>(counts.cols), 0);
    for (std::size_t i = 0; i < counts.indices.size(); ++i)
        result.total[static_cast<std::size_t>(counts.indices[i])] += counts.values[i];
    auto sorted = result.total;
    std::sort(sorted.begin(), sorted.end());
    for (const double total : result.total) {
        const auto up_to = std::upper_bound(sorted.begin(), sorted.end(), total) - sorted.begin();
        result.percentile.push_back(static_cast<double>(up_to) / static_cast<double>(sorted.size()));
    }
    result.order.resize(result.total.size());
    std::iota(result.order.begin(), result.order.end(), 0);
    std::stable_sort(result.order.begin(), result.order.end(), [&](std::int32_t a, std::int32_t b) {
        return result.total[static_cast<std::size_t>(a)] > result.total[static_cast<std::size_t>(b)];
    });
    return result;
}

std::vector<std::int32_t> top_peaks(const PeakTotals& totals, double min_total,
                                    std::optional<double> min_percentile) {
    std::vector<std::int32_t> peaks;
    for (std::size_t peak = 0; peak < totals.total.size(); ++peak)
        if (min_percentile ? totals.percentile[peak] > *min_percentile : totals.total[peak] > min_total)
            peaks.push_back(static_cast<std::int32_t>(peak));
    return peaks;
}

InverseFrequency inverse_frequency(const DoubleMatrix& counts) {
    InverseFrequency result{peak_totals(counts).total};
    for (auto& value : result.idf) value = value == 0 ? 0 : static_cast<double>(counts.rows) / value;
    return result;
}

DoubleMatrix tfidf(const DoubleMatrix& counts, const InverseFrequency& fitted) {
    check(fitted.idf.size() == static_cast<std::size_t>(counts.cols), "tfidf: as many peaks as fitted");
    DoubleMatrix result = counts;
    const auto depths = row_sums(counts);
    for (std::int64_t row = 0; row < counts.rows; ++row) {
        const double depth = depths[static_cast<std::size_t>(row)];
        const double share = depth == 0 ? 0 : 1 / depth;
        for (auto i = counts.indptr[row]; i < counts.indptr[row + 1]; ++i) {
            auto& value = result.values[static_cast<std::size_t>(i)];
            const double idf =
                fitted.idf[static_cast<std::size_t>(counts.indices[static_cast<std::size_t>(i)])];
            value = std::log1p(idf * (value * share) * kScale);
        }
    }
    return result;
}

DoubleMatrix select_columns(const DoubleMatrix& matrix, std::span<const std::int32_t> columns) {
    std::vector<std::int32_t> place(static_cast<std::size_t>(matrix.cols), -1);
    for (std::size_t i = 0; i < columns.size(); ++i)
        place[static_cast<std::size_t>(columns[i])] = static_cast<std::int32_t>(i);
    return map_columns(matrix, place, static_cast<std::int64_t>(columns.size()));
}

Lsi latent_semantic_indexing(const DoubleMatrix& weighted, int components, std::uint64_t seed, int threads) {
    Lsi result;
    const auto most = static_cast<int>(std::max<std::int64_t>(0, weighted.rows - 1));
    auto svd = truncated_svd(weighted, std::min(components, most), seed, threads);
    const auto n = static_cast<double>(svd.u.rows);
    for (std::size_t k = 0; k < svd.d.size(); ++k) {
        double sum = 0, squares = 0;
        for (std::size_t row = 0; row < svd.u.rows; ++row) sum += svd.u(row, k);
        const double mean = sum / n;
        for (std::size_t row = 0; row < svd.u.rows; ++row)
            squares += (svd.u(row, k) - mean) * (svd.u(row, k) - mean);
        const double deviation = std::sqrt(squares / (n - 1));
        for (std::size_t row = 0; row < svd.u.rows; ++row)
            svd.u(row, k) = deviation > 0 ? (svd.u(row, k) - mean) / deviation : 0;
        result.mean.push_back(mean);
        result.deviation.push_back(deviation);
    }
    result.embedding = std::move(svd.u);
    result.loadings = std::move(svd.v);
    result.d = std::move(svd.d);
    return result;
}

}  // namespace epi
