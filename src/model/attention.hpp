#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace epi {

// Where cells begin in rows that are packed one cell after another: on the CPU for who counts, on the card
// for kernels.
struct PackedRows {
    const std::vector<std::int64_t>& offsets;  // cell i has the rows [offsets[i], offsets[i + 1])
    torch::Tensor starts;  // the same, int32, on a CUDA card; undefined: the rows are on the CPU
};

// What a CUDA card attends with. Flash: bf16 (or half) on cards of compute capability 8.0 or newer, without
// padding. Efficient: float32, and older cards, without padding. Plain: products and softmax cell by cell;
// what a deterministic training in float32 takes, as the gradient of `Efficient` adds up in no fixed order.
enum class CardAttention { Flash, Efficient, Plain };
CardAttention card_attention(torch::ScalarType type, std::int64_t head_dim, double capability,
                             bool deterministic);

// Rows of queries, keys and values (rows, heads * width of a head), each cell by itself -> as many rows as
// queries. With `one_query`, cell i has the one query row i. `dropout`: on attention probabilities.
torch::Tensor attend_packed(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                            const PackedRows& cells, int heads, double dropout, bool one_query);

// The mean of each run of rows [offsets[i], offsets[i + 1]) in one call; 0 for an empty run.
torch::Tensor means_of_runs(const torch::Tensor& rows, const std::vector<std::int64_t>& offsets);

}  // namespace epi
