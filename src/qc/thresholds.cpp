#include "qc/thresholds.hpp"

namespace epi {

std::vector<std::string> failed_criteria(const CellValues& cell, const CellThresholds& thresholds,
                                         bool with_rna) {
    std::vector<std::string> failed;
    const auto require = [&](bool met, const char* name) {  // NaN compares false: not met
        if (!met) failed.emplace_back(name);
    };
    if (with_rna) {
        require(cell.rna.has_value(), "no_rna");
        if (cell.rna) {
            require(*cell.rna > thresholds.min_rna, "min_rna");
            require(*cell.rna < thresholds.max_rna, "max_rna");
        }
    }
    require(cell.atac.has_value(), "no_atac");
    if (cell.atac) {
        require(*cell.atac > thresholds.min_atac, "min_atac");
        require(*cell.atac < thresholds.max_atac, "max_atac");
        require(cell.nucleosome_signal && *cell.nucleosome_signal < thresholds.max_nucleosome_signal,
                "max_nucleosome_signal");
        require(cell.tss_enrichment && *cell.tss_enrichment > thresholds.min_tss_enrichment,
                "min_tss_enrichment");
    }
    return failed;
}

}  // namespace epi
