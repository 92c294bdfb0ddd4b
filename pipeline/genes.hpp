#pragma once
#include <filesystem>

#include "core/run_context.hpp"

namespace epi {

struct GenesOptions {
    std::filesystem::path input;       // 10x .h5, MEX folder, .h5ad or .h5mu
    std::filesystem::path gene_table;  // gene table, GTF or BED6; empty: the genes of the input as they are
    std::filesystem::path output;      // .h5ad
};

struct GenesResult {
    std::int64_t cells = 0, genes = 0;
    std::int64_t features_dropped = 0;  // in no gene of the table
    std::int64_t genes_without = 0;     // of the table, in no feature: zero in every cell
};

// Cells x genes on one fixed gene table, raw counts. Says what was dropped. InputError: as
// read_feature_counts; no gene of the table in the input.
GenesResult run_genes(const GenesOptions& options, const RunContext& context);

}  // namespace epi
