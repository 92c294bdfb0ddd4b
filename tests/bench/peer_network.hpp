#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/network.hpp"

namespace epi::bench {

// A batch as lists of token ids: peaks with CLS in front, genes asked and whether each is expressed.
struct PeerCells {
    std::vector<std::vector<std::int64_t>> peaks, genes, expressed;
    std::vector<std::int64_t> batch;
};

// How an implementation lays out a batch. Reference: all padded to the most peaks and genes of the model,
// attention masked. RefUnpad: the same, but attention sees real tokens only. BatchMax: as Reference, padded
// to the longest cell of the batch. Packed: no padding, the last layer for CLS only, the decoder split in a
// part of the cell and one of the gene.
enum class Layout { Reference, RefUnpad, BatchMax, Packed };

// The same network as epi::Network, written the plain way with LibTorch's own operations: what ours is
// compared with. Dropout as the reference, but none on attention probabilities.
class PeerNetwork {
  public:
    // Starts with copies of the network's weights.
    PeerNetwork(const Network& network, const std::vector<std::int64_t>& peak_chromosome,
                const std::vector<std::int64_t>& gene_chromosome);

    struct Output {
        torch::Tensor genes;       // (slots, 2): the genes of each cell, one cell after another
        torch::Tensor z;           // (cells, width)
        torch::Tensor cell_types;  // (cells, types)
    };
    Output forward(const PeerCells& cells, Layout layout) const;
    void set_training(bool training) { training_ = training; }
    std::vector<torch::Tensor> parameters() const;

  private:
    struct Packed;
    torch::Tensor weight(const std::string& name) const { return weights_.at(name); }
    torch::Tensor linear(const std::string& name, const torch::Tensor& x) const;
    torch::Tensor layer_norm(const std::string& name, const torch::Tensor& x) const;
    torch::Tensor drop(const torch::Tensor& x) const;
    torch::Tensor tokens(const std::string& table, const std::string& norm, const torch::Tensor& ids,
                         const torch::Tensor& chromosome) const;
    torch::Tensor heads(const torch::Tensor& x) const;
    torch::Tensor after_attention(const std::string& layer, const torch::Tensor& x,
                                  const torch::Tensor& attended) const;
    torch::Tensor padded_layer(const std::string& layer, const torch::Tensor& x, const torch::Tensor& mask,
                               const std::vector<std::int64_t>* lengths) const;
    torch::Tensor packed_layer(const std::string& layer, const torch::Tensor& x,
                               const std::vector<std::int64_t>& offsets, bool cls_only) const;
    Output padded(const PeerCells& cells, std::int64_t peaks, std::int64_t genes, bool unpad) const;
    Output packed(const PeerCells& cells) const;
    torch::Tensor cell_types(const torch::Tensor& z) const;
    std::string layer_name(int layer) const;

    ModelConfig config_;
    std::map<std::string, torch::Tensor> weights_;
    std::vector<std::string> trained_;
    torch::Tensor peak_chromosome_, gene_chromosome_;
    bool training_ = false;
};

}  // namespace epi::bench
