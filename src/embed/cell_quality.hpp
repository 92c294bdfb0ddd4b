#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace epi {

// What is known of a cell beside its type; NaN where it was not measured.
struct CellQuality {
    double fragments, open_peaks, frip, tss_enrichment, nucleosome_signal, mitochondrial_share, doublet_score;
    CellQuality();
};

// When a cell is too poor to be named, whatever the model says of it. Fixed limits are those that published
// atlases filter by; the others follow the sample, because depth and signal differ between protocols: they
// are multiples of the median over its cells. docs/annotate.md says why each is as it is.
struct QualityRules {
    double min_tss_enrichment = 1;         // fixed
    double max_nucleosome_signal = 2;      // fixed
    double min_frip_of_median = 0.5;       // of the sample's median share of fragments in the model's peaks
    double max_mitochondrial_share = 0.3;  // fixed, of all fragments
    // A doublet has both: it looks like two types (fixed; see doublet_scores), and more open peaks than this
    // multiple of the sample's median.
    double max_doublet_score = 0.8;
    double doublet_open_peaks_of_median = 1.3;
};

// For each cell the first rule that it breaks: "few fragments in peaks", "mitochondrial", "high nucleosome
// signal", "low TSS enrichment", "doublet"; "" if none. Medians are over the `sound` cells, those that
// nothing else speaks against: empty droplets would shift them.
std::vector<std::string> quality_reasons(std::span<const CellQuality> cells, const std::vector<bool>& sound,
                                         const QualityRules& rules);

}  // namespace epi
