#include "pipeline/evaluate_scores.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/not_a_number.hpp"
#include "core/parallel.hpp"
#include "label/fuzzy_graph.hpp"
#include "label/louvain.hpp"
#include "matrix/neighbours.hpp"
#include "metrics/clustering.hpp"
#include "metrics/expression.hpp"
#include "metrics/silhouette.hpp"

namespace epi {
namespace {

// The grid of scib: 0.2, 0.4, ... 2.0 on 15 neighbours, the cell itself among them.
constexpr int kResolutions = 10;
constexpr double kResolutionStep = 0.2;
constexpr std::size_t kGraphNeighbours = 15;

// The clusterings of an embedding at each resolution.
std::vector<Clustering> cluster_at_resolutions(const DenseMatrix& points, std::span<const double> resolutions,
                                               const RunContext& context) {
    const auto k = points.rows < kGraphNeighbours ? 1 + points.rows / 2 : kGraphNeighbours;
    const auto graph = fuzzy_graph(nearest_neighbours(points, k, true, context.threads));
    std::vector<Clustering> clusterings(resolutions.size());
    parallel_for(resolutions.size(), context.threads, [&](std::size_t i) {
        context.check_stop();
        clusterings[i] = louvain(graph, {.resolution = resolutions[i], .seed = context.seed});
    });
    return clusterings;
}

// What one gene got.
struct GeneScores {
    double auroc = kNan, pearson = kNan, spearman = kNan, mse = kNan, brier = kNan, brier_of_share = kNan;
};

std::vector<double> dense_row(const DoubleMatrix& by_gene, std::int64_t gene) {
    std::vector<double> values(static_cast<std::size_t>(by_gene.cols), 0);
    const auto cells = by_gene.row_indices(gene);
    const auto stored = by_gene.row_values(gene);
    for (std::size_t i = 0; i < cells.size(); ++i) values[static_cast<std::size_t>(cells[i])] = stored[i];
    return values;
}

GeneScores score_gene(const std::vector<double>& predicted, const std::vector<double>& truth) {
    std::vector<std::uint8_t> expressed;
    std::vector<double> indicator;
    double share = 0;
    for (const double value : truth) {
        expressed.push_back(value > 0 ? 1 : 0);
        indicator.push_back(expressed.back());
        share += indicator.back() / static_cast<double>(truth.size());
    }
    GeneScores scores;
    scores.auroc = roc_auc(predicted, expressed);
    scores.pearson = pearson(predicted, truth);
    scores.spearman = spearman(predicted, truth);
    scores.mse = mean_squared_error(predicted, truth);
    scores.brier = mean_squared_error(predicted, indicator);
    scores.brier_of_share = share * (1 - share);
    return scores;
}

}  // namespace

LabelScores score_cell_labels(std::span<const std::string> truth, std::span<const std::string> predicted,
                              const std::string& unassigned) {
    LabelScores scores;
    std::vector<std::string> assigned_truth, assigned;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        if (predicted[i] == unassigned || predicted[i].empty()) {
            ++scores.unassigned;
            continue;
        }
        assigned_truth.push_back(truth[i]);
        assigned.push_back(predicted[i]);
    }
    // A cell that the predictions left empty has no answer either.
    std::vector<std::string> answers(predicted.begin(), predicted.end());
    std::replace(answers.begin(), answers.end(), std::string(), unassigned);
    scores.all = score_labels(truth, answers, unassigned);
    scores.assigned = score_labels(assigned_truth, assigned);
    scores.coverage =
        truth.empty() ? kNan : static_cast<double>(assigned.size()) / static_cast<double>(truth.size());
    return scores;
}

EmbeddingScores score_embedding(const DenseMatrix& points, std::span<const std::string> labels,
                                std::span<const std::string> batches, const RunContext& context) {
    const auto label = label_codes(labels), batch = label_codes(batches);
    EmbeddingScores scores;
    scores.cells = static_cast<std::int64_t>(points.rows);
    scores.dimensions = static_cast<std::int64_t>(points.cols);
    scores.labels = 1 + *std::max_element(label.begin(), label.end());
    scores.batches = batch.empty() ? 0 : 1 + *std::max_element(batch.begin(), batch.end());
    for (int i = 1; i <= kResolutions; ++i) scores.resolutions.push_back(i * kResolutionStep);
    const auto clusterings = cluster_at_resolutions(points, scores.resolutions, context);
    scores.nmi = -1;
    for (std::size_t i = 0; i < clusterings.size(); ++i) {
        const double nmi = normalized_mutual_information(label, clusterings[i].cluster);
        scores.nmi_at.push_back(nmi);
        if (nmi <= scores.nmi) continue;
        scores.nmi = nmi;
        scores.ari = adjusted_rand_index(label, clusterings[i].cluster);
        scores.resolution = scores.resolutions[i];
        scores.clusters = clusterings[i].clusters;
    }
    const PointsView view{points.values, points.cols};
    scores.label_asw = label_asw(view, label, context.threads);
    scores.batch_asw = batch.empty() ? kNan : batch_asw(view, label, batch, context.threads);
    return scores;
}

ExpressionScores score_expression(const DoubleMatrix& predicted, const DoubleMatrix& truth,
                                  std::vector<std::string> gene_names, int threads) {
    check(predicted.rows == truth.rows && predicted.cols == truth.cols, "score_expression: equal shapes");
    const auto predicted_by_gene = transpose(predicted), truth_by_gene = transpose(truth);
    std::vector<GeneScores> genes(gene_names.size());
    parallel_for(genes.size(), threads, [&](std::size_t gene) {
        const auto row = static_cast<std::int64_t>(gene);
        genes[gene] = score_gene(dense_row(predicted_by_gene, row), dense_row(truth_by_gene, row));
    });
    DefinedMean auroc, pearsons, spearmans, mse, brier, brier_of_share;
    ExpressionScores scores;
    for (const auto& gene : genes) {
        auroc.add(gene.auroc);
        pearsons.add(gene.pearson);
        spearmans.add(gene.spearman);
        mse.add(gene.mse);
        brier.add(gene.brier);
        brier_of_share.add(gene.brier_of_share);
        scores.gene_auroc.push_back(gene.auroc);
    }
    const bool probabilities = std::all_of(predicted.values.begin(), predicted.values.end(),
                                           [](double value) { return value >= 0 && value <= 1; });
    scores.cells = truth.rows;
    scores.genes = truth.cols;
    scores.auroc = auroc.mean();
    scores.auroc_genes = auroc.defined();
    scores.pearson = pearsons.mean();
    scores.spearman = spearmans.mean();
    scores.correlated_genes = pearsons.defined();
    scores.mse = mse.mean();
    scores.brier = probabilities ? brier.mean() : kNan;
    scores.brier_of_share = probabilities ? brier_of_share.mean() : kNan;
    scores.gene_names = std::move(gene_names);
    return scores;
}

}  // namespace epi
