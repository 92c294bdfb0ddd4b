#pragma once
#include <filesystem>
#include <string>

#include "core/run_context.hpp"

namespace epi {

struct PackOptions {
    std::filesystem::path atac;    // cells x peaks: .h5ad, .h5mu, 10x .h5 or MEX folder
    std::filesystem::path rna;     // cells x genes from `genes`; empty: a shard without RNA
    std::filesystem::path cells;   // the cells to pack (read_cell_list); empty: all
    std::filesystem::path labels;  // table with the columns barcode and cell_type; empty: unlabelled
    std::string sample, batch, donor, tissue;  // batch: the sample if empty
    std::string genome;
    std::filesystem::path output;  // .h5mu
};

struct PackResult {
    std::int64_t cells = 0, labelled = 0, peak_entries = 0, gene_entries = 0;
};

// One sample as one shard: binarized peaks, raw counts, labels, the numeric columns of the table of cells as
// QC; rows in an order drawn from the seed and the sample's name, their row in `atac` in obs["orig_row"].
// Matrices are read in blocks and written as they come: memory holds the tables of cells and features only.
// With RNA only cells that have both are kept. InputError: as the readers; RNA and ATAC, or the listed cells
// and ATAC, without a barcode in common; a label for none of the cells.
PackResult run_pack(const PackOptions& options, const RunContext& context);

}  // namespace epi
