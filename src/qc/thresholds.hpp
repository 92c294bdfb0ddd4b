#pragma once
#include <optional>
#include <string>
#include <vector>

namespace epi {

// The six criteria that a cell must meet, all strict; the defaults are those of the EpiFoundation paper (and
// of Signac's Multiome vignette).
struct CellThresholds {
    double min_rna = 1000, max_rna = 25000;     // RNA counts
    double min_atac = 1000, max_atac = 100000;  // sum of the cell's row of cells x peaks
    double max_nucleosome_signal = 2;
    double min_tss_enrichment = 1;
};

// What is known of a cell. NaN meets no criterion; nothing at all (no such barcode) is a reason of its own.
struct CellValues {
    std::optional<double> atac, nucleosome_signal, tss_enrichment;
    std::optional<double> rna;
};

// The names of the criteria that a cell fails, in the order above ("min_rna", ...); empty: the cell is kept.
// "no_atac" or "no_rna" where the cell is missing from what was measured. `with_rna`: RNA was measured at
// all.
std::vector<std::string> failed_criteria(const CellValues& cell, const CellThresholds& thresholds,
                                         bool with_rna);

}  // namespace epi
