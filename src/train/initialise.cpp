#include "train/initialise.hpp"

#include <algorithm>
#include <cmath>

#include "matrix/svd.hpp"

namespace epi {
namespace {

// A start need not be exact.
constexpr double kResidual = 0.03;

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

// Numbers of ones by row and by column.
std::pair<std::vector<double>, std::vector<double>> margins(const Csr<float>& ones) {
    std::vector<double> rows, columns(static_cast<std::size_t>(ones.cols));
    for (std::int64_t row = 0; row < ones.rows; ++row) {
        rows.push_back(static_cast<double>(ones.row_indices(row).size()));
        for (const auto column : ones.row_indices(row)) columns[static_cast<std::size_t>(column)] += 1;
    }
    return {rows, columns};
}

// At the usual start a gene's part of the decoder's hidden layer varies over genes a tenth as much as a
// cell's part over cells; the kinks of the activation then lie where genes hardly matter, and what a gene
// does in one cell and not in another is learned late or never. Start with a part that varies as much.
void scale_queries(Network& network) {
    auto weight = network.parameter("mvc_decoder.fc1.weight");
    const auto width = network.config().query_dim;
    const double spread = network.gene_queries().std(0).mean().item<double>();
    if (spread > 0) weight.narrow(1, weight.size(1) - width, width).mul_(1 / spread);
}

}  // namespace

void initialise_genes_by_svd(Network& network, const Csr<float>& expressed, int rank, std::uint64_t seed,
                             const RunContext& context) {
    torch::NoGradGuard no_grad;
    const auto [of_cells, of_genes] = margins(expressed);
    DoubleMatrix scaled;
    scaled.rows = expressed.rows;
    scaled.cols = expressed.cols;
    scaled.indptr = expressed.indptr;
    scaled.indices = expressed.indices;
    for (std::int64_t cell = 0; cell < expressed.rows; ++cell)
        for (const auto gene : expressed.row_indices(cell))
            scaled.values.push_back(1 / std::sqrt(of_cells[static_cast<std::size_t>(cell)] *
                                                  of_genes[static_cast<std::size_t>(gene)]));
    // Its first component is the margins themselves; programs of genes come after it.
    const int channels = std::min(rank, network.config().embed_dim - 1);
    const auto svd = truncated_svd(scaled, channels + 1, seed, context.threads, kResidual);
    auto table = network.parameter("rna_emb.embedding.weight");
    auto rows = table.detach().cpu();
    auto values = rows.accessor<float, 2>();
    const auto cells = static_cast<double>(expressed.rows);
    for (std::size_t c = 0; c < svd.d.size(); ++c) {
        std::vector<double> coordinate;
        double square = 0, mean = 0;
        for (std::size_t gene = 0; gene < of_genes.size(); ++gene) {
            const double share = (of_genes[gene] + 0.5) / (cells + 1);
            coordinate.push_back(c == 0 ? std::log(share / (1 - share))
                                        : svd.v(gene, c) / std::sqrt(std::max(1.0, of_genes[gene])));
            mean += coordinate.back() / static_cast<double>(of_genes.size());
        }
        for (auto& value : coordinate) square += (value - mean) * (value - mean);
        const double size = std::sqrt(square / static_cast<double>(of_genes.size()));
        for (std::size_t gene = 0; gene < of_genes.size() && size > 0; ++gene)
            values[static_cast<std::int64_t>(gene) + kSpecials][static_cast<std::int64_t>(c)] =
                static_cast<float>(std::clamp((coordinate[gene] - mean) / size, -3.0, 3.0));
    }
    table.copy_(rows);
    scale_queries(network);
}

void initialise_peaks_by_svd(Network& network, const Csr<float>& open, int rank, std::uint64_t seed,
                             const RunContext& context) {
    torch::NoGradGuard no_grad;
    const auto idf = inverse_frequencies(open);
    const int channels = std::min(rank, network.config().embed_dim);
    const auto svd = truncated_svd(tf_idf(open, idf), channels, seed, context.threads, kResidual);
    // Mean square over the open entries, so that a channel's typical token has unit size.
    std::vector<double> square(svd.d.size());
    for (const auto peak : open.indices)
        for (std::size_t c = 0; c < square.size(); ++c)
            square[c] +=
                std::pow(idf[static_cast<std::size_t>(peak)] * svd.v(static_cast<std::size_t>(peak), c), 2);
    auto table = network.parameter("atac_emb.embedding.weight");
    auto rows = table.detach().cpu();
    auto values = rows.accessor<float, 2>();
    rows.narrow(1, channels, rows.size(1) - channels).zero_();
    for (std::size_t c = 0; c < square.size(); ++c) {
        const double size = std::sqrt(square[c] / std::max<double>(1, static_cast<double>(open.nonzeros())));
        for (std::int64_t peak = 0; peak < open.cols && size > 0; ++peak)
            values[peak + kSpecials][static_cast<std::int64_t>(c)] = static_cast<float>(
                idf[static_cast<std::size_t>(peak)] * svd.v(static_cast<std::size_t>(peak), c) / size);
    }
    table.copy_(rows);
}

}  // namespace epi
