#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/config.hpp"
#include "model/row_gradient.hpp"

namespace epi {

// Peak tokens of several cells, one cell after another, without padding. Cell i has the tokens
// [offsets[i], offsets[i+1]); the first of each is CLS, the others peaks (index in peaks.bed + kSpecials) in
// any order. A cell with no open peak is its CLS token alone.
struct PackedCells {
    torch::Tensor tokens;  // int64 (tokens)
    std::vector<std::int64_t> offsets{0};
    // With Pooling::Mean, the peaks whose mean each cell starts from, where they are not those among
    // `tokens`: a training step attends to some peaks of a cell and can still start from all. Packed alike,
    // without CLS.
    torch::Tensor pooled;
    std::vector<std::int64_t> pooled_offsets;
    // `offsets` on a CUDA card, int32; made by the network.
    torch::Tensor starts;

    std::int64_t cells() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
};

// Packs cells given by their open peaks (indices in peaks.bed, without specials).
PackedCells pack_cells(std::span<const std::vector<std::int32_t>> open_peaks);

// Genes asked of several cells, one cell after another: slot j asks gene `genes[j]` of cell `cell[j]`.
struct GeneSlots {
    torch::Tensor genes;  // int64 (slots): index in genes.tsv + kSpecials
    torch::Tensor cell;   // int64 (slots), never falling
};

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// The EpiFoundation network. Tensors have the names and shapes of the reference's state dict; float32. With
// config.gene_interaction, a tensor more in each gene decoder: its last output gains <interaction z, query>.
// Initialised as the reference: Linear uniform +-1/sqrt(fan in), embeddings N(0,1), all layers start equal.
// In evaluation (the default) every function is a fixed function of its arguments, may be called from several
// threads at once, and treats each cell by itself; the caller sets torch::NoGradGuard (in each thread). In
// training mode dropout is active (torch's global generator) and batch normalisation uses and updates its
// statistics.
class Network {
  public:
    // `config` with its numbers of rows. UsageError as check_model_config.
    Network(const ModelConfig& config, std::uint64_t seed);

    const ModelConfig& config() const { return config_; }
    // The chromosome token of every peak and gene token (config.peaks and config.genes of them; special peak
    // tokens are taken to be on the special chromosome of their own number). Unused without chromosome
    // embedding.
    void set_chromosomes(std::span<const std::int64_t> of_peaks, std::span<const std::int64_t> of_genes);

    void set_training(bool training) { training_ = training; }
    bool training() const { return training_; }
    // While they are kept, training uses the statistics of batch normalisation and does not move them.
    void keep_statistics(bool keep) { statistics_kept_ = keep; }
    // Adds to the weight W of every attention projection (alpha / rank) B A, B zero at first: low-rank
    // adaptation (LoRA). The parameters are "NAME.lora_a" (rank, in) and "NAME.lora_b" (out, rank).
    // merge_lora() makes the sum the weight and takes them away again; every output stays the same.
    void add_lora(int rank, double alpha, std::uint64_t seed);
    void merge_lora();

    // Batch normalisation in training counts the cells of several processes: `sum` adds a tensor up over
    // them, and its gradient. All of them call embed_cells and gene_logits (or expression) alike, if with no
    // cell or slot. Empty: the cells of this process alone.
    using Sum = std::function<torch::Tensor(const torch::Tensor&)>;
    void share_statistics(Sum sum) { shared_sum_ = std::move(sum); }
    bool shares_statistics() const { return training_ && shared_sum_ != nullptr; }
    // From now on backward passes add the gradient of the peak embeddings to `rows`, which has all peak
    // tokens that come, and leave the grad() of that parameter alone: it would be as large as the parameter.
    // Null: as all others.
    void collect_peak_gradient(std::shared_ptr<RowGradient> rows) { peak_gradient_ = std::move(rows); }

    // Parameters in the reference's order (the order of its optimizer), then buffers.
    const NamedTensors& parameters() const { return parameters_; }
    const NamedTensors& buffers() const { return buffers_; }
    torch::Tensor parameter(const std::string& name) const;  // InternalError if there is none
    NamedTensors state() const;                              // both, the order of the reference's state dict
    // Copies values in; names and shapes must be exactly those of state(). InputError naming `place`.
    void load(const std::map<std::string, torch::Tensor>& tensors, std::string_view place);
    void to(torch::Device device);
    torch::Device device() const;

    // (cells, embed_dim): the embedding z of each cell.
    torch::Tensor embed_cells(const PackedCells& cells) const;
    // (cells, cell_types): logits from z.
    torch::Tensor cell_type_logits(const torch::Tensor& z) const;

    // For every gene of genes.tsv in order, computed once: what the decoders ask about it. Evaluation only.
    torch::Tensor gene_queries() const;   // (genes, query_dim), for gene_logits_all
    torch::Tensor value_queries() const;  // (genes, query_dim), for expression_all; needs the value head
    // (cells, genes, 2): logits of silent and expressed; P(expressed) = softmax[..., 1]. `batch` int64
    // (cells) where batch labels are on, -1 for a batch the model never saw (the mean of those it knows);
    // undefined: all -1. Memory is cells * genes * query_dim floats: call it with few cells at a time.
    torch::Tensor gene_logits_all(const torch::Tensor& z, const torch::Tensor& queries,
                                  const torch::Tensor& batch = {}) const;
    // (cells, genes): binned expression, 0..9, unbounded; the value head.
    torch::Tensor expression_all(const torch::Tensor& z, const torch::Tensor& queries,
                                 const torch::Tensor& batch = {}) const;

    // The same for chosen genes of each cell, the form the losses need: (slots, 2) and (slots).
    torch::Tensor gene_logits(const torch::Tensor& z, const GeneSlots& slots,
                              const torch::Tensor& batch) const;
    torch::Tensor expression(const torch::Tensor& z, const GeneSlots& slots,
                             const torch::Tensor& batch) const;

  private:
    struct Linear {
        torch::Tensor weight, bias;
        torch::Tensor lora_a, lora_b;  // undefined: none
        double lora_scale = 0;
        torch::Tensor whole_weight() const;
        torch::Tensor operator()(const torch::Tensor& x) const { return at::linear(x, whole_weight(), bias); }
    };
    struct LayerNorm {
        torch::Tensor weight, bias;
        torch::Tensor operator()(const torch::Tensor& x) const {
            return at::layer_norm(x, {x.size(-1)}, weight, bias, 1e-5);
        }
    };
    struct BatchNorm {
        torch::Tensor weight, bias, mean, variance, batches;
    };
    struct Embedding {
        torch::Tensor table;
        LayerNorm norm;
    };
    enum class EmbeddingKind { Plain, Padded, PaddedWithoutNorm };  // padded: row kPad is zero
    struct Layer {
        Linear qkv, out, up, down;
        LayerNorm norm1, norm2;
    };
    struct Decoder {
        Linear query, hidden;
        torch::Tensor slope;
        Linear out;
        torch::Tensor interaction;  // (query_dim, embed_dim), starts at zero; undefined: none
    };

    torch::Tensor add_parameter(const std::string& name, torch::Tensor value);
    Linear add_linear(const std::string& name, std::int64_t in, std::int64_t out,
                      torch::Generator& generator);
    LayerNorm add_layer_norm(const std::string& name, std::int64_t width);
    Embedding add_embedding(const std::string& name, std::int64_t rows, EmbeddingKind kind,
                            torch::Generator& generator);
    BatchNorm add_batch_norm(const std::string& name);
    Layer add_layer(const std::string& name, torch::Generator& generator);
    Decoder add_decoder(const std::string& name, std::int64_t outputs, torch::Generator& generator);

    std::vector<std::pair<std::string, Linear*>> attention_projections();
    torch::Tensor chromosome_rows() const;
    torch::Tensor peak_rows(const torch::Tensor& tokens) const;
    torch::Tensor token_vectors(const torch::Tensor& tokens) const;
    torch::Tensor peak_inputs(const PackedCells& cells) const;
    torch::Tensor gene_inputs(const torch::Tensor& genes, const torch::Tensor& counts,
                              std::int64_t padding) const;
    struct Normalised {
        torch::Tensor rows, mean, scale;  // rows = (x - mean) * scale * weight + bias
    };
    Normalised normalise(const torch::Tensor& x, const BatchNorm& norm, const torch::Tensor& counts,
                         std::int64_t padding, const torch::Tensor& pad_vector) const;
    torch::Tensor start_of_cells(const Normalised& x, const PackedCells& cells) const;
    torch::Tensor start_of_cells_on_card(const Normalised& x, const PackedCells& cells) const;
    torch::Tensor run_layer(const Layer& layer, const torch::Tensor& x, const PackedCells& cells,
                            bool first_rows_only) const;
    torch::Tensor attend(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                         const PackedCells& cells, bool first_rows_only) const;
    torch::Tensor drop(const torch::Tensor& x) const;
    torch::Tensor cell_part(const Decoder& decoder, const torch::Tensor& z, const torch::Tensor& batch) const;
    torch::Tensor query_part(const Decoder& decoder, const torch::Tensor& inputs) const;
    torch::Tensor decode_all(const Decoder& decoder, const torch::Tensor& z, const torch::Tensor& queries,
                             const torch::Tensor& batch) const;
    torch::Tensor decode_slots(const Decoder& decoder, const torch::Tensor& z, const GeneSlots& slots,
                               const torch::Tensor& batch) const;
    torch::Tensor all_queries(const Decoder& decoder) const;

    ModelConfig config_;
    bool training_ = false, statistics_kept_ = false;
    Sum shared_sum_;
    std::shared_ptr<RowGradient> peak_gradient_;
    NamedTensors parameters_, buffers_;
    std::vector<std::string> state_order_;
    torch::Tensor peak_chromosome_, gene_chromosome_;
    Embedding genes_, peaks_, batches_, chromosomes_;
    std::vector<Layer> layers_;
    LayerNorm final_norm_;
    Linear cell_type_[3];
    LayerNorm cell_type_norm_[2];
    Decoder expressed_, value_;
    BatchNorm peak_batch_norm_, gene_batch_norm_;
};

}  // namespace epi
