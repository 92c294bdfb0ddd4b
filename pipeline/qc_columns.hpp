#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "fragments/barcode_table.hpp"
#include "qc/formulas.hpp"
#include "qc/fragment_qc.hpp"
#include "store/anndata.hpp"

namespace epi {

// Where the QC values of a barcode lie; `counts` may be shorter than the table (zeros then).
struct QcSource {
    const BarcodeTable& barcodes;
    const std::vector<BarcodeCounts>& counts;
    double mean_tss_flank;
    // Empty, or nucleosome-free and mononucleosomal fragments among the lines that nucleosome_signal looks
    // at, by barcode number.
    std::vector<std::array<std::uint32_t, 2>> first_lines;
    // Null, or what other tools' formulas need.
    const std::vector<FormulaCounts>* formulas = nullptr;
    double mean_full_flank = 0;
};

// The QC table of the given barcode numbers: index the barcodes, columns those of qc.tsv.gz; with `formulas`
// those of --all-formulas behind them.
DataFrame qc_columns(const QcSource& source, std::span<const std::uint32_t> barcodes, int threads);

}  // namespace epi
