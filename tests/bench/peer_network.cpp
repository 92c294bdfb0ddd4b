#include "bench/peer_network.hpp"

namespace epi::bench {
namespace {

torch::Tensor pad(const std::vector<std::vector<std::int64_t>>& rows, std::int64_t width) {
    auto padded = torch::zeros({std::ssize(rows), width}, torch::kInt64);
    for (std::size_t i = 0; i < rows.size(); ++i)
        padded[static_cast<std::int64_t>(i)].narrow(0, 0, std::ssize(rows[i])).copy_(torch::tensor(rows[i]));
    return padded;
}

std::int64_t longest(const std::vector<std::vector<std::int64_t>>& rows) {
    std::int64_t most = 0;
    for (const auto& row : rows) most = std::max<std::int64_t>(most, std::ssize(row));
    return most;
}

torch::Tensor joined(const std::vector<std::vector<std::int64_t>>& rows) {
    std::vector<std::int64_t> all;
    for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
    return torch::tensor(all);
}

}  // namespace

PeerNetwork::PeerNetwork(const Network& network, const std::vector<std::int64_t>& peak_chromosome,
                         const std::vector<std::int64_t>& gene_chromosome)
    : config_(network.config()),
      peak_chromosome_(torch::tensor(peak_chromosome)),
      gene_chromosome_(torch::tensor(gene_chromosome)) {
    for (const auto& [name, value] : network.state()) weights_[name] = value.detach().clone();
    for (const auto& [name, value] : network.parameters()) {
        trained_.push_back(name);
        weights_[name].requires_grad_(true);
    }
}

std::vector<torch::Tensor> PeerNetwork::parameters() const {
    std::vector<torch::Tensor> result;
    for (const auto& name : trained_) result.push_back(weights_.at(name));
    return result;
}

torch::Tensor PeerNetwork::linear(const std::string& name, const torch::Tensor& x) const {
    return at::linear(x, weight(name + ".weight"), weight(name + ".bias"));
}

torch::Tensor PeerNetwork::layer_norm(const std::string& name, const torch::Tensor& x) const {
    return at::layer_norm(x, {x.size(-1)}, weight(name + ".weight"), weight(name + ".bias"));
}

torch::Tensor PeerNetwork::drop(const torch::Tensor& x) const {
    return at::dropout(x, config_.dropout, training_);
}

std::string PeerNetwork::layer_name(int layer) const {
    return "encoder.transformer_encoder.layers." + std::to_string(layer);
}

// Embeddings of a feature and of its chromosome, dropout, batch normalisation over all positions.
torch::Tensor PeerNetwork::tokens(const std::string& table, const std::string& norm, const torch::Tensor& ids,
                                  const torch::Tensor& chromosome) const {
    const auto feature =
        layer_norm(table + ".enc_norm", at::embedding(weight(table + ".embedding.weight"), ids, 0));
    const auto place =
        layer_norm("chr_emb.enc_norm", at::embedding(weight("chr_emb.embedding.weight"), chromosome));
    auto x = drop(feature + place);
    if (x.dim() == 3) x = x.transpose(1, 2);
    x = at::batch_norm(x, weight(norm + ".weight"), weight(norm + ".bias"), weight(norm + ".running_mean"),
                       weight(norm + ".running_var"), training_, 0.1, 6.1e-5, false);
    return x.dim() == 3 ? x.transpose(1, 2) : x;
}

// (..., n, width) -> (..., heads, n, width / heads)
torch::Tensor PeerNetwork::heads(const torch::Tensor& x) const {
    return x.unflatten(-1, std::vector<std::int64_t>{config_.heads, -1}).transpose(-2, -3);
}

torch::Tensor PeerNetwork::after_attention(const std::string& layer, const torch::Tensor& x,
                                           const torch::Tensor& attended) const {
    const auto y = layer_norm(layer + ".norm1", x + drop(linear(layer + ".self_attn.out_proj", attended)));
    const auto inner = drop(at::relu(linear(layer + ".linear1", y)));
    return layer_norm(layer + ".norm2", y + drop(linear(layer + ".linear2", inner)));
}

torch::Tensor PeerNetwork::padded_layer(const std::string& layer, const torch::Tensor& x,
                                        const torch::Tensor& mask,
                                        const std::vector<std::int64_t>* lengths) const {
    const auto parts = linear(layer + ".self_attn.Wqkv", x).chunk(3, -1);
    const auto q = heads(parts[0]), k = heads(parts[1]), v = heads(parts[2]);
    torch::Tensor attended;
    if (lengths == nullptr) {
        attended = at::scaled_dot_product_attention(q, k, v, mask);
    } else {
        std::vector<torch::Tensor> cells;
        for (std::size_t i = 0; i < lengths->size(); ++i) {
            const auto of = [&](const torch::Tensor& t) {
                return t.narrow(0, static_cast<std::int64_t>(i), 1).narrow(2, 0, (*lengths)[i]);
            };
            cells.push_back(at::constant_pad_nd(at::scaled_dot_product_attention(of(q), of(k), of(v)),
                                                {0, 0, 0, x.size(1) - (*lengths)[i]}));
        }
        attended = torch::cat(cells);
    }
    return after_attention(layer, x, attended.transpose(1, 2).flatten(2));
}

torch::Tensor PeerNetwork::packed_layer(const std::string& layer, const torch::Tensor& x,
                                        const std::vector<std::int64_t>& offsets, bool cls_only) const {
    const auto width = x.size(1);
    auto rows = x;
    torch::Tensor queries, keys_values;
    if (cls_only) {
        const auto w = weight(layer + ".self_attn.Wqkv.weight"), b = weight(layer + ".self_attn.Wqkv.bias");
        rows =
            x.index_select(0, torch::tensor(std::vector<std::int64_t>(offsets.begin(), offsets.end() - 1)));
        queries = at::linear(rows, w.narrow(0, 0, width), b.narrow(0, 0, width));
        keys_values = at::linear(x, w.narrow(0, width, 2 * width), b.narrow(0, width, 2 * width));
    } else {
        const auto all = linear(layer + ".self_attn.Wqkv", x);
        queries = all.narrow(1, 0, width);
        keys_values = all.narrow(1, width, 2 * width);
    }
    std::vector<torch::Tensor> cells;
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
        const auto from = offsets[i], length = offsets[i + 1] - from;
        const auto q =
            cls_only ? queries.narrow(0, static_cast<std::int64_t>(i), 1) : queries.narrow(0, from, length);
        const auto kv = keys_values.narrow(0, from, length).chunk(2, 1);
        const auto out = at::scaled_dot_product_attention(heads(q).unsqueeze(0), heads(kv[0]).unsqueeze(0),
                                                          heads(kv[1]).unsqueeze(0));
        cells.push_back(out[0].transpose(0, 1).flatten(1));
    }
    return after_attention(layer, rows, torch::cat(cells));
}

torch::Tensor PeerNetwork::cell_types(const torch::Tensor& z) const {
    auto x = z;
    for (const char* part : {"0", "3"}) {
        const std::string name = std::string("cls_decoder._decoder.") + part;
        x = layer_norm(std::string("cls_decoder._decoder.") + (part[0] == '0' ? "2" : "5"),
                       at::relu(linear(name, x)));
    }
    return linear("cls_decoder.out_layer", x);
}

PeerNetwork::Output PeerNetwork::padded(const PeerCells& cells, std::int64_t peaks, std::int64_t genes,
                                        bool unpad) const {
    const auto ids = pad(cells.peaks, peaks), asked = pad(cells.genes, genes);
    std::vector<std::int64_t> lengths;
    for (const auto& cell : cells.peaks) lengths.push_back(std::ssize(cell));
    const auto mask = ids.ne(0).unsqueeze(1).unsqueeze(1);
    auto x = tokens("atac_emb", "bn_atac", ids, peak_chromosome_.index_select(0, ids.flatten()).view_as(ids));
    for (int i = 0; i < config_.layers; ++i)
        x = padded_layer(layer_name(i), x, mask, unpad ? &lengths : nullptr);
    const auto z = layer_norm("norm", x).select(1, 0);
    const auto r =
        tokens("rna_emb", "bn_rna", asked, gene_chromosome_.index_select(0, asked.flatten()).view_as(asked));
    const auto q = at::sigmoid(linear("mvc_decoder.gene2query", r));
    const auto batch = layer_norm("batch_emb.enc_norm", at::embedding(weight("batch_emb.embedding.weight"),
                                                                      torch::tensor(cells.batch)));
    const auto cell = torch::cat({z, batch}, 1).unsqueeze(1).expand({-1, q.size(1), -1});
    const auto hidden = at::prelu(linear("mvc_decoder.fc1", torch::cat({cell, q}, 2)),
                                  weight("mvc_decoder.hidden_activation.weight"));
    return {linear("mvc_decoder.fc2", hidden).index({asked.ne(0)}), z, cell_types(z)};
}

PeerNetwork::Output PeerNetwork::packed(const PeerCells& cells) const {
    std::vector<std::int64_t> offsets{0}, slot_cell;
    for (const auto& cell : cells.peaks) offsets.push_back(offsets.back() + std::ssize(cell));
    for (std::size_t i = 0; i < cells.genes.size(); ++i)
        slot_cell.insert(slot_cell.end(), cells.genes[i].size(), static_cast<std::int64_t>(i));
    const auto ids = joined(cells.peaks);
    auto x = tokens("atac_emb", "bn_atac", ids, peak_chromosome_.index_select(0, ids));
    for (int i = 0; i < config_.layers; ++i)
        x = packed_layer(layer_name(i), x, offsets, i + 1 == config_.layers);
    const auto z = layer_norm("norm", x);
    const auto [distinct, place, counts] = at::_unique2(joined(cells.genes), true, true);
    const auto r = tokens("rna_emb", "bn_rna", distinct, gene_chromosome_.index_select(0, distinct));
    const auto w = weight("mvc_decoder.fc1.weight");
    const auto width = 2 * z.size(1);
    const auto of_gene =
        at::linear(at::sigmoid(linear("mvc_decoder.gene2query", r)), w.narrow(1, width, w.size(1) - width));
    const auto batch = layer_norm("batch_emb.enc_norm", at::embedding(weight("batch_emb.embedding.weight"),
                                                                      torch::tensor(cells.batch)));
    const auto of_cell =
        at::linear(torch::cat({z, batch}, 1), w.narrow(1, 0, width), weight("mvc_decoder.fc1.bias"));
    const auto hidden = of_cell.index_select(0, torch::tensor(slot_cell)) + of_gene.index_select(0, place);
    return {linear("mvc_decoder.fc2", at::prelu(hidden, weight("mvc_decoder.hidden_activation.weight"))), z,
            cell_types(z)};
}

PeerNetwork::Output PeerNetwork::forward(const PeerCells& cells, Layout layout) const {
    if (layout == Layout::Packed) return packed(cells);
    if (layout == Layout::BatchMax) return padded(cells, longest(cells.peaks), longest(cells.genes), false);
    return padded(cells, config_.max_peaks, config_.max_genes, layout == Layout::RefUnpad);
}

}  // namespace epi::bench
