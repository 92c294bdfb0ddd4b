#include "baseline/lsi.hpp"

#include <cmath>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "label/wnn.hpp"
#include "matrix/svd.hpp"

namespace epi {
namespace {

std::vector<double> log_depths(const DoubleMatrix& cells) {
    std::vector<double> depths;
    for (std::int64_t row = 0; row < cells.rows; ++row)
        depths.push_back(std::log1p(static_cast<double>(cells.row_indices(row).size())));
    return depths;
}

double correlation(const DenseMatrix& scores, std::size_t column, const std::vector<double>& with) {
    const auto n = static_cast<double>(with.size());
    double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < with.size(); ++i) {
        mean_a += scores(i, column) / n;
        mean_b += with[i] / n;
    }
    for (std::size_t i = 0; i < with.size(); ++i) {
        const double a = scores(i, column) - mean_a, b = with[i] - mean_b;
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace

LsiModel fit_lsi(const DoubleMatrix& cells, const LsiOptions& options, int threads) {
    check(cells.rows > 0 && options.components > 0, "fit_lsi: cells and components");
    LsiModel model;
    model.frequency = inverse_frequency(cells);
    const auto svd = truncated_svd(tfidf(cells, model.frequency), options.components, options.seed, threads);
    const auto depths = log_depths(cells);
    std::vector<std::size_t> kept;
    for (std::size_t c = 0; c < svd.d.size(); ++c)
        if (svd.d[c] > 0 && std::fabs(correlation(svd.u, c, depths)) <= options.max_depth_correlation)
            kept.push_back(c);
    model.loadings = DenseMatrix(svd.v.rows, kept.size());
    for (std::size_t peak = 0; peak < svd.v.rows; ++peak)
        for (std::size_t c = 0; c < kept.size(); ++c) model.loadings(peak, c) = svd.v(peak, kept[c]);
    return model;
}

DenseMatrix project(const LsiModel& model, const DoubleMatrix& cells, int threads) {
    check(static_cast<std::size_t>(cells.cols) == model.loadings.rows, "project: the peaks it was fitted on");
    const auto weights = tfidf(cells, model.frequency);
    DenseMatrix scores(static_cast<std::size_t>(cells.rows), model.loadings.cols);
    parallel_for(scores.rows, threads, [&](std::size_t row) {
        const auto peaks = weights.row_indices(static_cast<std::int64_t>(row));
        const auto values = weights.row_values(static_cast<std::int64_t>(row));
        auto score = scores.row(row);
        for (std::size_t i = 0; i < peaks.size(); ++i) {
            const auto loading = model.loadings.row(static_cast<std::size_t>(peaks[i]));
            for (std::size_t c = 0; c < score.size(); ++c) score[c] += values[i] * loading[c];
        }
    });
    return unit_rows(scores, 0, scores.cols);
}

}  // namespace epi
