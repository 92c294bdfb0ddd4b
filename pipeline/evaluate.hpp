#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "metrics/classification.hpp"

namespace epi {

// What to score, and against what. Three questions; at least one must be asked:
//   labels      `truth` and `predicted`
//   embedding   `embedding`, with `label` and maybe `batch`
//   expression  `expression_truth`: the input is cells x genes, so is this
struct EvaluateOptions {
    std::filesystem::path input;             // .h5ad, or for labels a table
    std::filesystem::path expression_truth;  // .h5ad, cells x genes

    std::string truth;                              // column; empty: labels are not scored
    std::string predicted = "predicted_cell_type";  // column
    std::string unassigned = "unassigned";          // the prediction that is no answer
    std::string by;                                 // column: labels also in each of its groups

    std::string embedding;  // key of obsm, or "X"; empty: not scored
    std::string label = "cell_type";
    std::string batch;

    // More columns, matched by cell name; looked up before those of the input.
    std::filesystem::path truth_table;
    std::string cell_column;         // of tables; empty: "barcode" or "cell"
    std::vector<std::string> where;  // "column=value": only these cells (all must hold)

    std::filesystem::path output;  // folder
};

// Labels. Cells without truth (empty) are not scored.
struct LabelScores {
    Classification all;       // unassigned cells count as wrong
    Classification assigned;  // only cells with an answer
    std::int64_t unassigned = 0;
    double coverage = 0;  // share of cells with an answer
};
struct LabelGroup {
    std::string name;
    std::int64_t cells = 0, unassigned = 0;  // with or without truth
    LabelScores scores;
};

// Clusters come from Louvain on the 15-nearest-neighbour graph at resolutions 0.2, 0.4, ... 2.0; the one with
// the highest NMI counts, as in scib. NaN where a score is not defined.
struct EmbeddingScores {
    std::int64_t cells = 0, dimensions = 0, labels = 0, batches = 0;
    std::vector<double> resolutions, nmi_at;
    double nmi = 0, ari = 0, resolution = 0;
    std::int64_t clusters = 0;
    double label_asw = 0, batch_asw = 0;
};

// Expression, gene by gene over cells, then averaged over the genes for which a score is defined.
struct ExpressionScores {
    std::int64_t cells = 0, genes = 0;
    double auroc = 0;  // of telling cells with the gene (truth > 0) from those without
    std::int64_t auroc_genes = 0;
    double pearson = 0, spearman = 0, mse = 0;  // of the values as they are stored
    std::int64_t correlated_genes = 0;
    // Mean squared error of P(expressed) and of the best constant (each gene's share of cells); NaN unless
    // all predictions lie in 0 .. 1.
    double brier = 0, brier_of_share = 0;
    std::vector<std::string> gene_names;
    std::vector<double> gene_auroc;
};

struct EvaluateResult {
    std::int64_t input_cells = 0;   // in the input
    std::int64_t chosen_cells = 0;  // found in the truth table (if given) and passing `where`
    std::optional<LabelScores> labels;
    std::vector<LabelGroup> groups;
    std::optional<EmbeddingScores> embedding;
    std::optional<ExpressionScores> expression;
};

// Writes metrics.tsv (section, metric, value), genes.tsv for expression, and metrics.json. UsageError:
// nothing asked, `where` without '='. InputError: columns, keys, cells or genes that are not there; an
// embedding that is not finite.
EvaluateResult evaluate(const EvaluateOptions& options, const RunContext& context);

}  // namespace epi
