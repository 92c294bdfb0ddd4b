#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "matrix/csr.hpp"
#include "matrix/dense.hpp"
#include "pipeline/evaluate.hpp"

// The three questions of `evaluate`, answered on values.
namespace epi {

LabelScores score_cell_labels(std::span<const std::string> truth, std::span<const std::string> predicted,
                              const std::string& unassigned);

// `batches` may be empty. Rows without label must have been left out.
EmbeddingScores score_embedding(const DenseMatrix& points, std::span<const std::string> labels,
                                std::span<const std::string> batches, const RunContext& context);

// Both cells x genes, of the same cells and genes in the same order.
ExpressionScores score_expression(const DoubleMatrix& predicted, const DoubleMatrix& truth,
                                  std::vector<std::string> gene_names, int threads);

}  // namespace epi
