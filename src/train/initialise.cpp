#include "train/initialise.hpp"

#include <cmath>

#include "matrix/svd.hpp"

namespace epi {
namespace {

std::vector<double> inverse_frequencies(const Csr<float>& open) {
    std::vector<double> cells_with(static_cast<std::size_t>(open.cols));
    for (const auto peak : open.indices) cells_with[static_cast<std::size_t>(peak)] += 1;
    std::vector<double> result;
    for (const double cells : cells_with)
        result.push_back(cells > 0 ? std::log1p(static_cast<double>(open.rows) / cells) : 0.0);
    return result;
}

DoubleMatrix tf_idf(const Csr<float>& open, const std::vector<double>& idf) {
    DoubleMatrix result;
    result.rows = open.rows;
    result.cols = open.cols;
    result.indptr = open.indptr;
    result.indices = open.indices;
    result.values.resize(open.indices.size());
    for (std::int64_t cell = 0; cell < open.rows; ++cell) {
        const auto begin = open.indptr[static_cast<std::size_t>(cell)],
                   end = open.indptr[static_cast<std::size_t>(cell) + 1];
        for (auto i = begin; i < end; ++i) {
            const auto at = static_cast<std::size_t>(i);
            result.values[at] =
                idf[static_cast<std::size_t>(open.indices[at])] / static_cast<double>(end - begin);
        }
    }
    return result;
}

}  // namespace

void initialise_peaks_by_svd(Network& network, const Csr<float>& open, int rank, std::uint64_t seed,
                             const RunContext& context) {
    torch::NoGradGuard no_grad;
    const auto idf = inverse_frequencies(open);
    const int channels = std::min(rank, network.config().embed_dim);
    const auto svd = truncated_svd(tf_idf(open, idf), channels, seed, context.threads);
    // Mean square over the open entries, so that a channel's typical token has unit size.
    std::vector<double> square(svd.d.size());
    for (const auto peak : open.indices)
        for (std::size_t c = 0; c < square.size(); ++c)
            square[c] +=
                std::pow(idf[static_cast<std::size_t>(peak)] * svd.v(static_cast<std::size_t>(peak), c), 2);
    auto table = network.parameter("atac_emb.embedding.weight");
    auto rows = table.detach().cpu();
    auto values = rows.accessor<float, 2>();
    for (std::size_t c = 0; c < square.size(); ++c) {
        const double size = std::sqrt(square[c] / std::max<double>(1, static_cast<double>(open.nonzeros())));
        for (std::int64_t peak = 0; peak < open.cols && size > 0; ++peak)
            values[peak + kSpecials][static_cast<std::int64_t>(c)] = static_cast<float>(
                idf[static_cast<std::size_t>(peak)] * svd.v(static_cast<std::size_t>(peak), c) / size);
    }
    table.copy_(rows);
}

}  // namespace epi
