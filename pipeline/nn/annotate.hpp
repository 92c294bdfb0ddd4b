#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/run_context.hpp"
#include "embed/cell_quality.hpp"

namespace epi {

struct AnnotateOptions {
    std::filesystem::path input;   // fragments, or counts: 10x .h5, MEX folder, .h5ad, .h5mu
    std::filesystem::path model;   // fine-tuned on cell types
    std::filesystem::path output;  // folder
    std::filesystem::path rna;     // RNA counts of the same cells; may be empty
    std::filesystem::path cells;   // the barcodes to annotate; empty: by min_fragments
    std::int64_t min_fragments = 500;
    std::string genome;                    // must be the model's where both are said
    std::optional<double> min_confidence;  // not given: the model's own
    double min_mapped = 0.5;  // least share of the open entries of counts that must reach the model's peaks
    QualityRules rules;       // when a cell is too poor to be named
    std::filesystem::path plotly;  // plotly.min.js; empty: found
};

struct AnnotateResult {
    std::int64_t cells = 0, unassigned = 0;
};

// Cell types of one new sample. Fragments are counted on the model's own peaks, with QC; counts on other
// peaks are mapped by overlap. Cells are named by the model unless its confidence, the number of open peaks
// or the quality of the cell speak against it (`unassigned`, with the reason; rules in
// src/embed/cell_quality.hpp). Writes
//   annotations.tsv  barcode predicted_cell_type confidence runner_up ... reason and the QC values
//   annotated.h5ad   X on the model's peaks, obs as in the table, obsm X_epifoundry and X_umap
//   report.html, annotate.json
// InputError: as read_model; input that is neither; no cell left; no chromosome in common; a genome that is
// not the model's; RNA without a barcode in common.
AnnotateResult annotate(const AnnotateOptions& options, const RunContext& context);

}  // namespace epi
