#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/run_context.hpp"
#include "qc/thresholds.hpp"

namespace epi {

struct SelectOptions {
    std::filesystem::path counts;  // folder that `count` wrote: its qc.tsv.gz is read
    std::filesystem::path rna;     // .h5ad of cells x genes; empty: the two RNA criteria are left out
    std::filesystem::path cells;   // only these; empty: every barcode with fragments or RNA
    CellThresholds thresholds;
    std::filesystem::path output;  // folder
};

struct SelectResult {
    std::int64_t cells = 0, kept = 0;
    std::map<std::string, std::int64_t> failed;  // cells per criterion; a cell may fail several
};

// Writes cells.tsv (barcode, kept, reason, rna_counts and rna_genes if there is RNA, then the columns of the
// QC table) and select.json. Cells are in the order of --cells, else of the QC table, then those with RNA
// only. InputError: no barcode in common between QC table and RNA, or with the listed cells.
SelectResult run_select(const SelectOptions& options, const RunContext& context);

}  // namespace epi
