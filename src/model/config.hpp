#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/fields.hpp"

namespace epi {

// Token ids that come before the first peak, gene or chromosome: feature i of peaks.bed, genes.tsv and
// chrom.sizes is token i + kSpecials. Cell types and batches have no special ids.
inline constexpr std::int64_t kPad = 0, kMask = 1, kCls = 2, kEos = 3, kSpecials = 4;

// How the vector of a cell starts. Cls: from the embedding of the CLS token, as the paper. Mean: the CLS
// token starts as the mean of the cell's peak tokens, so that it holds the cell before attention has learned
// anything.
enum class Pooling { Cls, Mean };
// What batch normalisation counts while training. Real: the tokens there are. Compat: also the padding that
// the reference would have added (up to max_peaks and max_genes), computed without making it.
enum class NormStatistics { Real, Compat };

const std::vector<std::string>& names_of(Pooling);
const std::vector<std::string>& names_of(NormStatistics);

// The network: every number that decides the shape of its tensors or what it computes.
struct ModelConfig {
    int embed_dim = 512;
    int layers = 6;
    int heads = 8;
    int ffn_dim = 1024;
    int query_dim = 128;
    bool chromosome_embedding = true;
    bool batch_labels = true;
    bool gene_interaction = false;
    bool peak_norm = true;
    Pooling pooling = Pooling::Cls;
    NormStatistics norm_statistics = NormStatistics::Real;
    int max_peaks = 12000;
    int max_genes = 8000;
    double dropout = 0.15;
    double attention_dropout = 0.15;

    // Not settings: numbers of rows, from the data. The first three count the special tokens.
    std::int64_t peaks = 0, genes = 0, chromosomes = 0, cell_types = 0, batches = 0;
    // A head for binned expression is there (fine-tuning on expression).
    bool value_head = false;
};

template <class Visit>
void visit_fields(ModelConfig& config, Visit&& visit) {
    visit("embed_dim", config.embed_dim, "Width of tokens and of the cell embedding");
    visit("layers", config.layers, "Transformer layers");
    visit("heads", config.heads, "Attention heads; they divide embed_dim");
    visit("ffn_dim", config.ffn_dim, "Hidden width of the feed-forward part of a layer");
    visit("query_dim", config.query_dim, "Width of gene queries and of the gene decoder");
    visit("chromosome_embedding", config.chromosome_embedding, "Add an embedding of the chromosome");
    visit("batch_labels", config.batch_labels, "Give the gene decoder the cell's batch");
    visit(
        "gene_interaction", config.gene_interaction,
        "Add the product of a vector of the cell and the gene's query to the gene decoder (not the paper's)");
    visit("peak_norm", config.peak_norm, "Normalise each peak's embedding (off: its length is its weight)");
    visit("pooling", config.pooling, "Start of the cell's vector: cls (learned) or mean (of its peaks)");
    visit("norm_statistics", config.norm_statistics,
          "Batch normalisation in training over real tokens, or compat: with the reference's padding");
    visit("max_peaks", config.max_peaks, "Most tokens of a cell, CLS included");
    visit("max_genes", config.max_genes, "Most genes of a cell in the training loss");
    visit("dropout", config.dropout, "Dropout on embeddings and inside layers");
    visit("attention_dropout", config.attention_dropout, "Dropout on attention probabilities");
}

// The names of the presets: epifoundation (the paper's), small (a laptop trains it), tiny (tests, demo).
const std::vector<std::string>& preset_names();
// UsageError if there is no such preset. Numbers of rows are 0.
ModelConfig model_preset(std::string_view preset);

// All of it, settings and sizes.
nlohmann::ordered_json model_config_to_json(const ModelConfig& config);
ModelConfig model_config_from_json(const nlohmann::ordered_json& json, std::string_view place);

// Throws UsageError where the settings make no network (heads that do not divide the width, ...).
void check_model_config(const ModelConfig& config);

}  // namespace epi
