#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "embed/cell_quality.hpp"
#include "pipeline/nn/embedding_columns.hpp"

namespace epi {

// What the report of `annotate` shows, cell by cell.
struct AnnotateReport {
    std::string sample;  // name of the input
    std::string model;
    std::vector<std::string> cell_types;
    std::vector<CellTypeVerdict> verdicts;
    std::vector<CellQuality> quality;
    DenseMatrix umap;                              // (cells, 2)
    std::vector<std::vector<std::string>> inputs;  // rows of the table of inputs: what, value
};

// The page: figures, map of the cells, cell types, confidences, quality.
std::string annotate_html(const AnnotateReport& report, std::string_view plotly_script);

}  // namespace epi
