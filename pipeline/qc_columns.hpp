#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "fragments/barcode_table.hpp"
#include "qc/fragment_qc.hpp"
#include "store/anndata.hpp"

namespace epi {

// Where the QC values of a barcode lie; `counts` may be shorter than the table (zeros then).
struct QcSource {
    const BarcodeTable& barcodes;
    const std::vector<BarcodeCounts>& counts;
    double mean_tss_flank;
};

// The QC table of the given barcode numbers: index the barcodes, columns those of qc.tsv.gz.
DataFrame qc_columns(const QcSource& source, std::span<const std::uint32_t> barcodes);

}  // namespace epi
