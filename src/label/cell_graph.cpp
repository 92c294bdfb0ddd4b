#include "label/cell_graph.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "label/graph.hpp"
#include "label/lsi.hpp"
#include "rna/pca.hpp"
#include "rna/variable_genes.hpp"

namespace epi {
namespace {

constexpr double kPrune = 1.0 / 15;

DenseMatrix embed_rna(const CellGraphInput& input, const CellGraphOptions& options, CellGraph& result,
                      int threads) {
    const auto genes =
        variable_genes(gene_variability(*input.rna), static_cast<std::size_t>(options.variable_genes));
    result.variable_genes = genes.size();
    if (genes.size() < 2)
        throw InputError(input.rna_name, "fewer than two genes are expressed in the cells chosen",
                         "check that it belongs to these cells");
    auto pca = principal_components(scale_genes(*input.lognorm, genes), options.pca_components, options.seed,
                                    threads);
    return std::move(pca.embedding);
}

DenseMatrix embed_atac(const CellGraphInput& input, const CellGraphOptions& options, CellGraph& result,
                       int threads) {
    const auto peaks = top_peaks(peak_totals(input.atac), options.min_peak_count);
    result.peaks = peaks.size();
    if (peaks.size() < 2)
        throw InputError(input.atac_name,
                         "fewer than two peaks have a total above the least peak count in the cells chosen",
                         "give a smaller --min-peak-count, or check that it belongs to these cells");
    const auto weighted = select_columns(tfidf(input.atac, inverse_frequency(input.atac)), peaks);
    return latent_semantic_indexing(weighted, options.lsi_components, options.seed, threads).embedding;
}

// The graph over the peaks alone.
void graph_of_one(const WnnModality& modality, CellGraph& result, int threads) {
    result.graph = snn_graph(modality.near, kPrune, threads);
    result.neighbours = nearest_neighbours(modality.points, modality.near.k, false, threads);
}

}  // namespace

CellGraph build_cell_graph(const CellGraphInput& input, const CellGraphOptions& options, int threads) {
    if (input.atac.rows < 3)
        throw InputError(input.atac_name, "there are fewer than three cells to compare",
                         "choose more cells, or give labels with --labels");
    check(input.rna.has_value() == input.lognorm.has_value(),
          "build_cell_graph: counts and their logarithms");
    CellGraph result;
    result.lsi = embed_atac(input, options, result, threads);
    auto peaks = wnn_modality(unit_rows(result.lsi, 1, result.lsi.cols), threads);
    if (!input.rna) {
        graph_of_one(peaks, result, threads);
        return result;
    }
    check(input.rna->rows == input.atac.rows, "build_cell_graph: the same cells in both");
    result.pca = embed_rna(input, options, result, threads);
    auto genes = wnn_modality(unit_rows(result.pca, 0, result.pca.cols), threads);
    auto wnn = weighted_neighbours({std::move(genes), std::move(peaks)}, threads);
    result.rna_weight = std::move(wnn.quantities[0].weight);
    result.neighbours = std::move(wnn.neighbours);
    result.graph = std::move(wnn.graph);
    return result;
}

}  // namespace epi
