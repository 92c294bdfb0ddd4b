#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "genome/chromosomes.hpp"
#include "genome/genes.hpp"
#include "genome/interval.hpp"
#include "model/network.hpp"

namespace epi {

// What a cell must look like before its label is believed; fitted on validation cells by `finetune`.
struct Calibration {
    // Logits are divided by it before softmax; 1 where nothing was fitted.
    double temperature = 1.0;
    // A cell whose confidence (the largest probability) is below it is `unassigned`; 0: none is.
    double unassigned_below = 0.0;
    // A cell with fewer open peaks (of the model's) is `unassigned` whatever its confidence.
    std::int64_t min_open_peaks = 0;
};

// A model directory in memory: config.json, model.safetensors, peaks.bed, genes.tsv, chrom.sizes,
// cell_types.tsv, batches.tsv, DONE.
struct ModelFolder {
    std::unique_ptr<Network> network;              // in evaluation mode, on the CPU
    IntervalSet peaks;                             // token of peak i: i + kSpecials
    GeneTable genes;                               // token of gene i: i + kSpecials
    Chromosomes chromosomes;                       // token of chromosome i: i + kSpecials
    std::vector<std::string> cell_types, batches;  // class i of the heads; empty where the model has none
    Calibration calibration;
    std::string preset;                 // "epifoundation", "small", "tiny", "imported"
    std::string task;                   // "pretrain", "cell-type", "expression"
    std::string genome;                 // "hg38", ...; empty where nobody said
    nlohmann::ordered_json training;    // settings of the training, for people
    nlohmann::ordered_json provenance;  // as Provenance::full()

    const ModelConfig& config() const { return network->config(); }
    // Identity of the peak set and of the gene table, as in atlas.json (identity_of_names of peak names and
    // of gene ids).
    std::string peaks_identity() const;
    std::string genes_identity() const;
};

// Reads a whole model and checks all of it. InputError naming file and remedy: no DONE (an unfinished run), a
// file absent or malformed, tables whose sizes are not those of the tensors.
ModelFolder read_model(const std::filesystem::path& folder);

// Writes all files but DONE into `folder`, which exists (an AtomicFolder's temporary path), then DONE.
void write_model(const ModelFolder& model, const std::filesystem::path& folder);

// An empty network for these vocabularies (sizes are set in `config`), knowing where its peaks and genes are.
// A gene on a chromosome the table lacks gets the pad chromosome, as in the reference.
std::unique_ptr<Network> make_network(ModelConfig config, const IntervalSet& peaks, const GeneTable& genes,
                                      const Chromosomes& chromosomes, std::size_t cell_types,
                                      std::size_t batches, std::uint64_t seed);

// Throws InputError naming both unless the atlas' identities (from atlas.json) are the model's.
void check_same_features(const ModelFolder& model, const std::filesystem::path& model_path,
                         const std::string& peaks_identity, const std::string& genes_identity,
                         const std::filesystem::path& atlas_path);

}  // namespace epi
