#pragma once
#include <cstdint>

namespace epi {

// What a simulated experiment is made of. Effects are standard deviations of natural-log fold changes. The
// defaults of the "realism" part are tuned so that simple methods find the cell types of an unseen donor
// about as well as they do on real peripheral blood (LSI + kNN 0.8-0.9), and RNA finds them almost always.
struct SimulationParameters {
    // Size.
    int samples = 4;
    int cells = 600;  // good cells per sample; the barcodes below come on top
    int peaks = 6000;
    int genes = 1000;
    int cell_types = 6;
    int batches = 0;      // sample i is of batch i modulo batches; 0: two, or one for a single sample
    int donors = 0;       // sample i is of donor i modulo donors; 0: one donor per sample
    double depth = 1400;  // median fragments of a good cell
    std::uint64_t seed = 0;

    // Barcodes, per good cell.
    double background = 4;      // barcodes that hold ambient fragments only
    double low_quality = 0.10;  // shallow, without signal, or nothing but nucleosomes
    double doublets = 0.05;
    double abundance_ratio = 0.75;  // each cell type is this many times as frequent as the one before it

    // Regulation.
    int chromosomes = 6;
    double variable_peaks = 0.5;    // share of peaks that differ between cell types at all
    double lineage_effect = 0.5;    // on the peaks of a variable gene or peak, per lineage of cell types
    double type_effect = 0.5;       // the same, per cell type
    double coherence = 0.7;         // correlation of a peak's effects with those of its nearest gene
    double state_effect = 0.3;      // of each of three cell states that run through all types
    double donor_effect = 0.35;     // on a quarter of peaks and genes
    double batch_effect = 0.35;     // on a quarter of peaks and genes
    double batch_depth = 0.2;       // on the depth of a whole batch
    double gene_gain = 4;           // RNA change per change of the mean of a gene's peaks
    double state_gain = 0.8;        // the same for cell states, which RNA shows less
    double gene_residual = 0.3;     // change between cell types that no peak explains
    double reference_noise = 0.25;  // of the reference profiles, which are another study's
    double rna_depth = 2500;        // median RNA molecules of a good cell
    double rna_dispersion = 0.3;    // of the gamma-Poisson

    // Fragments.
    double peak_fraction = 0.55;   // of a good cell's nuclear fragments, those from peaks
    double ambient = 0.04;         // share of a cell's fragments that are of the ambient mixture
    double mitochondrial = 0.03;   // of a good cell's fragments
    double blacklisted = 0.01;     // of nuclear fragments
    double duplicates = 0.8;       // mean reads of a fragment beyond the first
    double background_depth = 25;  // median fragments of a background barcode
    double depth_spread = 0.4;     // sd of the log of the depth between cells
};

}  // namespace epi
