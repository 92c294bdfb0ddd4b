// All uses of LibTorch's attention kernels, some of which promise no stable signature.
#include "model/attention.hpp"

#include <ATen/ops/_efficient_attention_forward.h>
#include <ATen/ops/_flash_attention_forward.h>
#include <ATen/ops/_scaled_dot_product_attention_math.h>
#include <ATen/ops/segment_reduce.h>

#include "model/device.hpp"

namespace epi {
namespace {

// (rows, width) -> (cells, heads, length, width / heads) without a copy, for cells of one length.
torch::Tensor by_head(const torch::Tensor& rows, std::int64_t cells, int heads) {
    return rows.view({cells, rows.size(0) / cells, heads, rows.size(1) / heads}).permute({0, 2, 1, 3});
}

std::int64_t longest(const std::vector<std::int64_t>& offsets) {
    std::int64_t most = 0;
    for (std::size_t i = 1; i < offsets.size(); ++i) most = std::max(most, offsets[i] - offsets[i - 1]);
    return most;
}

// Neighbouring cells of one length share a call; each is still attended to by itself.
torch::Tensor attend_by_length(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const std::vector<std::int64_t>& offsets, int heads, double dropout,
                               bool one_query, bool plain) {
    std::vector<std::int64_t> counts, rows, queries;
    for (std::size_t first = 0, end = 0; first + 1 < offsets.size(); first = end) {
        const auto length = offsets[first + 1] - offsets[first];
        for (end = first + 1; end + 1 < offsets.size() && offsets[end + 1] - offsets[end] == length; ++end)
            continue;
        counts.push_back(static_cast<std::int64_t>(end - first));
        rows.push_back(counts.back() * length);
        queries.push_back(one_query ? counts.back() : rows.back());
    }
    const auto q_parts = q.split_with_sizes(queries), k_parts = k.split_with_sizes(rows),
               v_parts = v.split_with_sizes(rows);
    std::vector<torch::Tensor> parts;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const auto qs = by_head(q_parts[i], counts[i], heads), ks = by_head(k_parts[i], counts[i], heads),
                   vs = by_head(v_parts[i], counts[i], heads);
        const auto out = plain ? std::get<0>(at::_scaled_dot_product_attention_math(qs, ks, vs, {}, dropout))
                               : at::scaled_dot_product_attention(qs, ks, vs, {}, dropout);
        parts.push_back(out.permute({0, 2, 1, 3}).reshape({queries[i], q.size(1)}));
    }
    return parts.size() == 1 ? parts.front() : torch::cat(parts);
}

}  // namespace

CardAttention card_attention(torch::ScalarType type, std::int64_t head_dim, double capability,
                             bool deterministic) {
    const bool short_type = type == torch::kBFloat16 || type == torch::kFloat16;
    if (short_type && capability >= 8 && head_dim % 8 == 0 && head_dim <= 256) return CardAttention::Flash;
    // Its kernels want rows of heads that begin at multiples of 16 bytes, and know bf16 on newer cards only.
    const bool aligned = head_dim % (short_type ? 8 : 4) == 0;
    if (deterministic || !aligned || (type == torch::kBFloat16 && capability < 8))
        return CardAttention::Plain;
    return CardAttention::Efficient;
}

torch::Tensor attend_packed(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                            const PackedRows& cells, int heads, double dropout, bool one_query) {
    if (!cells.starts.defined())
        return attend_by_length(q, k, v, cells.offsets, heads, dropout, one_query, false);
    const auto head_dim = q.size(1) / heads;
    const auto kind = card_attention(q.scalar_type(), head_dim, cuda_capability(q.device().index()),
                                     at::globalContext().deterministicAlgorithms());
    if (kind == CardAttention::Plain)
        return attend_by_length(q, k, v, cells.offsets, heads, dropout, one_query, true);
    const auto by_rows = [&](const torch::Tensor& x) { return x.view({x.size(0), heads, head_dim}); };
    const auto keys_most = longest(cells.offsets), queries_most = one_query ? 1 : keys_most;
    const std::optional<torch::Tensor> key_starts = cells.starts;
    const std::optional<torch::Tensor> query_starts =
        one_query ? torch::arange(q.size(0) + 1, cells.starts.options()) : cells.starts;
    torch::Tensor out;
    if (kind == CardAttention::Flash) {
        out = std::get<0>(at::_flash_attention_forward(by_rows(q), by_rows(k), by_rows(v), query_starts,
                                                       key_starts, queries_most, keys_most, dropout, false,
                                                       false));
    } else {
        const auto one = [&](const torch::Tensor& x) { return by_rows(x).unsqueeze(0); };
        // The backward pass needs the logarithms of the sums.
        const bool for_backward = at::GradMode::is_enabled() && (q.requires_grad() || k.requires_grad());
        out = std::get<0>(at::_efficient_attention_forward(one(q), one(k), one(v), std::nullopt, query_starts,
                                                           key_starts, queries_most, keys_most, dropout, 0,
                                                           for_backward))
                  .squeeze(0);
    }
    return out.reshape({q.size(0), q.size(1)});
}

torch::Tensor means_of_runs(const torch::Tensor& rows, const std::vector<std::int64_t>& offsets) {
    const auto ends = torch::tensor(offsets, torch::kInt64).to(rows.device());
    return at::segment_reduce(rows, "mean", {}, {}, ends, 0, true, at::Scalar(0.0));
}

}  // namespace epi
