#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "simulate/landscape.hpp"
#include "simulate/parameters.hpp"

namespace epi {

constexpr std::size_t kCellStates = 3;

// A peak that regulates a gene, with its share of the gene's regulation (negative: a silencer).
struct PeakGeneLink {
    std::int32_t peak = 0, gene = 0;
    float weight = 0;
};

// Who is open where, and what is expressed: cell types in lineages, on the log scale. All [type][feature]
// tables are one vector, feature fastest.
struct Regulation {
    std::vector<std::string> cell_types;  // "A1", "B1", "C1", "A2", ...: lineage, then number within it
    std::vector<double> abundance;        // of each type, sums to one
    std::vector<float> peak_base;         // [peak]
    std::vector<float> peak_effect;       // [type][peak]
    std::array<std::vector<float>, kCellStates> peak_state,
        gene_state;                   // [peak], [gene]: change per unit of state
    std::vector<float> gene_base;     // [gene]
    std::vector<float> gene_effect;   // [type][gene], from the linked peaks and a residual
    std::vector<PeakGeneLink> links;  // by gene, then peak

    std::size_t types() const { return cell_types.size(); }
};

Regulation make_regulation(const Landscape& landscape, const SimulationParameters& parameters);

// What a sample's donor and batch make of it: weights of peaks per type that sum to one over all peaks, log
// expression of genes.
struct SampleRegulation {
    std::vector<float> peak_weight;   // [type][peak]
    std::vector<float> ambient_peak;  // [peak], the mixture of all types
    std::vector<float> gene_log;      // [type][gene], before normalisation
    std::vector<float> ambient_gene;  // [gene], sums to one
    std::vector<double> abundance;    // of the types in this donor
    double depth_factor = 1;          // of the batch
};

SampleRegulation regulate_sample(const Landscape& landscape, const Regulation& regulation,
                                 const SimulationParameters& parameters, int donor, int batch);

// Reference profiles, genes x types with gene fastest ([type][gene]): log(1 + 10^4 x share of the type's
// RNA), without donors and batches, with the noise of another study.
std::vector<double> reference_profiles(const Regulation& regulation, const SimulationParameters& parameters);

}  // namespace epi
