#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/parameters.hpp"
#include "simulate/regulation.hpp"

namespace epi {

enum class Quality { Good, LowQuality, Doublet, Background };

// "good", "low_quality", "doublet", "background".
std::string_view quality_name(Quality quality);

// One cell in a droplet.
struct CellComponent {
    std::size_t type = 0;
    std::array<float, kCellStates> state{};
    double share = 1;  // of the barcode's fragments and RNA
};

// One barcode of a sample and everything that shapes its reads. A background barcode holds no cell; a doublet
// holds two of different types.
struct SimulatedBarcode {
    std::string barcode;  // 16 nt and "-1", the same for RNA and ATAC
    Quality quality = Quality::Background;
    std::vector<CellComponent> cells;
    double depth = 0;          // expected fragments
    double rna_depth = 0;      // expected RNA molecules
    double peak_fraction = 0;  // of nuclear fragments
    double mitochondrial = 0;  // of all fragments
    double ambient = 1;        // of fragments and RNA, from the ambient mixture
    bool nucleosomal = false;  // mostly mono- and dinucleosomes
};

// The barcodes of sample `sample`, in lexicographic order.
std::vector<SimulatedBarcode> draw_barcodes(const SampleRegulation& regulation,
                                            const SimulationParameters& parameters, int sample);

// RNA molecules per gene.
std::vector<std::int32_t> draw_expression(const SimulatedBarcode& barcode, const Regulation& regulation,
                                          const SampleRegulation& sample,
                                          const SimulationParameters& parameters, std::uint64_t seed);

}  // namespace epi
