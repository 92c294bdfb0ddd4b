// The forward pass of Network: from packed peak tokens to cell embeddings and decoder outputs.
#include "model/attention.hpp"
#include "model/network.hpp"

namespace epi {
namespace {

constexpr double kBatchNormEpsilon = 6.1e-5, kBatchNormMomentum = 0.1;

std::vector<std::int64_t> lengths(const std::vector<std::int64_t>& offsets) {
    std::vector<std::int64_t> result;
    for (std::size_t i = 1; i < offsets.size(); ++i) result.push_back(offsets[i] - offsets[i - 1]);
    return result;
}

torch::Tensor index_tensor(const std::vector<std::int64_t>& values, torch::Device device) {
    return torch::tensor(values, torch::kInt64).to(device);
}

}  // namespace

torch::Tensor Network::drop(const torch::Tensor& x) const {
    return training_ && config_.dropout > 0 ? at::dropout(x, config_.dropout, true) : x;
}

torch::Tensor Network::chromosome_rows() const {
    return chromosomes_.norm(chromosomes_.table);
}

// Batch normalisation of rows, row i standing for counts[i] equal ones (undefined: 1), and of `padding` more
// rows that hold pad_vector before dropout.
Network::Normalised Network::normalise(const torch::Tensor& x, const BatchNorm& norm,
                                       const torch::Tensor& counts, std::int64_t padding,
                                       const torch::Tensor& pad_vector) const {
    if (!training_ || statistics_kept_)
        return {at::batch_norm(x, norm.weight, norm.bias, norm.mean, norm.variance, false, kBatchNormMomentum,
                               kBatchNormEpsilon, false),
                norm.mean, (norm.variance + kBatchNormEpsilon).rsqrt()};
    const bool shared = shares_statistics();
    const auto of_all = [&](const torch::Tensor& own) {
        if (!shared) return own;
        return shared_sum_(own.scalar_type() == torch::kFloat64 ? own : own.to(torch::kFloat32));
    };
    const auto rows_here = static_cast<double>(padding) +
                           (counts.defined() ? counts.sum().item<double>() : static_cast<double>(x.size(0)));
    const auto number = torch::dtype(torch::kFloat64).device(x.device());
    const auto rows = of_all(torch::full({1}, rows_here, number)).item<double>();
    if (rows == 0) return {x, norm.mean, norm.variance};
    {
        torch::NoGradGuard no_grad;
        norm.batches.add_(1);
    }
    if (!shared && !counts.defined() && padding == 0 && x.size(0) > 1) {
        auto [normal, mean, scale] = at::native_batch_norm(
            x, norm.weight, norm.bias, norm.mean, norm.variance, true, kBatchNormMomentum, kBatchNormEpsilon);
        return {normal, mean, scale};
    }
    const auto weights = counts.defined() ? counts.to(x.scalar_type()).unsqueeze(1) : torch::Tensor();
    const auto total = [&](const torch::Tensor& some) {
        return (weights.defined() ? some * weights : some).sum(0);
    };
    // Dropout leaves, of `padding` equal rows, `kept` in each channel, and makes those larger.
    torch::Tensor kept, pad;
    if (padding > 0) {
        const double keep = 1 - config_.dropout;
        kept = torch::full({x.size(1)}, static_cast<double>(padding), x.options());
        if (config_.dropout > 0)
            kept = at::binomial(kept.cpu(), torch::full({x.size(1)}, keep)).to(x.device());
        pad = pad_vector / keep;
    }
    auto mean = total(x);
    if (padding > 0) mean = mean + kept * pad;
    mean = of_all(mean) / rows;
    auto variance = total((x - mean).square());
    if (padding > 0)
        variance =
            variance + kept * (pad - mean).square() + (static_cast<double>(padding) - kept) * mean.square();
    variance = of_all(variance) / rows;
    {
        torch::NoGradGuard no_grad;
        norm.mean.lerp_(mean.detach(), kBatchNormMomentum);
        norm.variance.lerp_(variance.detach() * (rows / std::max(rows - 1, 1.0)), kBatchNormMomentum);
    }
    const auto scale = (variance + kBatchNormEpsilon).rsqrt();
    return {(x - mean) * scale * norm.weight + norm.bias, mean, scale};
}

torch::Tensor Network::peak_rows(const torch::Tensor& tokens) const {
    if (peak_gradient_ == nullptr || !at::GradMode::is_enabled())
        return at::embedding(peaks_.table, tokens, kPad);
    auto rows = at::embedding(peaks_.table.detach(), tokens).requires_grad_();
    rows.register_hook(
        [into = peak_gradient_, tokens](const torch::Tensor& gradient) { into->add(tokens, gradient); });
    return rows;
}

torch::Tensor Network::token_vectors(const torch::Tensor& tokens) const {
    auto x = peak_rows(tokens);
    if (config_.peak_norm) x = peaks_.norm(x);
    if (!config_.chromosome_embedding) return x;
    check(peak_chromosome_.defined(), "the chromosomes of peaks are set");
    return x + chromosome_rows().index_select(0, peak_chromosome_.index_select(0, tokens));
}

torch::Tensor Network::peak_inputs(const PackedCells& cells) const {
    const auto x = token_vectors(cells.tokens);
    std::int64_t padding = 0;
    torch::Tensor pad_vector;
    if (training_ && config_.norm_statistics == NormStatistics::Compat) {
        padding = std::max<std::int64_t>(0, cells.cells() * config_.max_peaks - cells.tokens.size(0));
        pad_vector = config_.peak_norm ? peaks_.norm.bias : torch::zeros({config_.embed_dim}, x.options());
        if (config_.chromosome_embedding) pad_vector = pad_vector + chromosome_rows()[kPad];
    }
    const auto normalised = normalise(drop(x), peak_batch_norm_, {}, padding, pad_vector);
    return config_.pooling == Pooling::Mean ? start_of_cells(normalised, cells) : normalised.rows;
}

// The first row of each cell becomes the mean of its others, or of its pooled peaks (a cell without keeps
// it).
torch::Tensor Network::start_of_cells(const Normalised& x, const PackedCells& cells) const {
    if (cells.cells() == 0) return x.rows;
    if (x.rows.is_cuda()) return start_of_cells_on_card(x, cells);
    const bool apart = cells.pooled.defined();
    const auto parts = x.rows.split_with_sizes(lengths(cells.offsets));
    std::vector<torch::Tensor> pooled;
    if (apart) pooled = token_vectors(cells.pooled).split_with_sizes(lengths(cells.pooled_offsets));
    std::vector<torch::Tensor> rows;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool empty = apart ? pooled[i].size(0) == 0 : parts[i].size(0) == 1;
        if (empty)
            rows.push_back(parts[i][0]);
        else if (!apart)
            rows.push_back(parts[i].slice(0, 1).mean(0));
        // Normalisation is affine: that of a mean is the mean of the normalised.
        else
            rows.push_back((pooled[i].mean(0) - x.mean) * x.scale * peak_batch_norm_.weight +
                           peak_batch_norm_.bias);
    }
    const std::vector<std::int64_t> starts(cells.offsets.begin(), cells.offsets.end() - 1);
    return x.rows.index_copy(0, index_tensor(starts, x.rows.device()), torch::stack(rows));
}

// The same in a few calls for all cells: on a card, a call for each would take longer than the work.
torch::Tensor Network::start_of_cells_on_card(const Normalised& x, const PackedCells& cells) const {
    const std::vector<std::int64_t> starts(cells.offsets.begin(), cells.offsets.end() - 1);
    const auto at = index_tensor(starts, x.rows.device());
    const auto first = x.rows.index_select(0, at);
    const bool apart = cells.pooled.defined();
    std::vector<std::int64_t> runs, counts;
    for (std::size_t i = 0; i < starts.size(); ++i) {
        runs.insert(runs.end(), {starts[i], starts[i] + 1});
        counts.push_back(apart ? cells.pooled_offsets[i + 1] - cells.pooled_offsets[i]
                               : cells.offsets[i + 1] - starts[i] - 1);
    }
    runs.push_back(cells.offsets.back());
    torch::Tensor means;
    if (apart)
        means = (means_of_runs(token_vectors(cells.pooled), cells.pooled_offsets) - x.mean) * x.scale *
                    peak_batch_norm_.weight +
                peak_batch_norm_.bias;
    else
        means = means_of_runs(x.rows, runs).view({cells.cells(), 2, first.size(1)}).select(1, 1);
    const auto empty = index_tensor(counts, x.rows.device()).eq(0).unsqueeze(1);
    return x.rows.index_copy(0, at, at::where(empty, first, means));
}

torch::Tensor Network::attend(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                              const PackedCells& cells, bool first_rows_only) const {
    const double dropout = training_ ? config_.attention_dropout : 0.0;
    return attend_packed(q, k, v, {cells.offsets, cells.starts}, config_.heads, dropout, first_rows_only);
}

torch::Tensor Network::run_layer(const Layer& layer, const torch::Tensor& x, const PackedCells& cells,
                                 bool first_rows_only) const {
    const auto width = static_cast<std::int64_t>(config_.embed_dim);
    auto residual = x;
    torch::Tensor attended;
    if (first_rows_only) {
        // Only these rows are looked at afterwards; keys and values come from all of them.
        const std::vector<std::int64_t> starts(cells.offsets.begin(), cells.offsets.end() - 1);
        residual = x.index_select(0, index_tensor(starts, x.device()));
        const auto weight = layer.qkv.whole_weight();
        const auto q = at::linear(residual, weight.narrow(0, 0, width), layer.qkv.bias.narrow(0, 0, width));
        const auto kv =
            at::linear(x, weight.narrow(0, width, 2 * width), layer.qkv.bias.narrow(0, width, 2 * width));
        const auto parts = kv.chunk(2, 1);
        attended = attend(q, parts[0], parts[1], cells, true);
    } else {
        const auto parts = layer.qkv(x).chunk(3, 1);
        attended = attend(parts[0], parts[1], parts[2], cells, false);
    }
    const auto y = layer.norm1(residual + drop(layer.out(attended)));
    return layer.norm2(y + drop(layer.down(drop(at::relu(layer.up(y))))));
}

torch::Tensor Network::embed_cells(const PackedCells& given) const {
    if (given.cells() == 0 && !shares_statistics())
        return torch::zeros({0, config_.embed_dim}, parameters_.front().second.options());
    auto x = peak_inputs(given);
    if (given.cells() == 0) return final_norm_(x);
    auto cells = given;
    if (x.is_cuda()) cells.starts = torch::tensor(given.offsets, torch::kInt32).to(x.device());
    for (std::size_t i = 0; i < layers_.size(); ++i)
        x = run_layer(layers_[i], x, cells, i + 1 == layers_.size());
    return final_norm_(x);
}

torch::Tensor Network::cell_type_logits(const torch::Tensor& z) const {
    auto x = cell_type_norm_[0](at::relu(cell_type_[0](z)));
    x = cell_type_norm_[1](at::relu(cell_type_[1](x)));
    return cell_type_[2](x);
}

// Inputs of the decoders for these genes, gene i asked counts[i] times in the step (undefined: once).
torch::Tensor Network::gene_inputs(const torch::Tensor& genes, const torch::Tensor& counts,
                                   std::int64_t padding) const {
    auto x = genes_.norm(at::embedding(genes_.table, genes, kPad));
    auto pad_vector = genes_.norm.bias;
    if (config_.chromosome_embedding) {
        check(gene_chromosome_.defined(), "the chromosomes of genes are set");
        const auto chromosomes = chromosome_rows();
        x = x + chromosomes.index_select(0, gene_chromosome_.index_select(0, genes));
        pad_vector = pad_vector + chromosomes[kPad];
    }
    return normalise(drop(x), gene_batch_norm_, counts, padding, pad_vector).rows;
}

// The hidden layer is linear in [z; batch; query]: its parts are computed once per cell and once per gene.
torch::Tensor Network::cell_part(const Decoder& decoder, const torch::Tensor& z,
                                 const torch::Tensor& batch) const {
    const auto width = static_cast<std::int64_t>(config_.embed_dim);
    auto part = at::linear(z, decoder.hidden.weight.narrow(1, 0, width), decoder.hidden.bias);
    if (!config_.batch_labels) return part;
    const auto known = batches_.norm(batches_.table);
    const auto average = config_.batches > 0 ? known.mean(0, true) : torch::zeros({1, width}, z.options());
    // Row 0 is for batches the model never saw.
    const auto rows = torch::cat({average, known});
    const auto row = batch.defined()
                         ? batch.to(z.device()) + 1
                         : torch::zeros({z.size(0)}, torch::dtype(torch::kInt64).device(z.device()));
    return part + at::linear(rows, decoder.hidden.weight.narrow(1, width, width)).index_select(0, row);
}

torch::Tensor Network::query_part(const Decoder& decoder, const torch::Tensor& inputs) const {
    const auto inputs_before = decoder.hidden.weight.size(1) - config_.query_dim;
    return at::linear(at::sigmoid(decoder.query(inputs)),
                      decoder.hidden.weight.narrow(1, inputs_before, config_.query_dim));
}

torch::Tensor Network::all_queries(const Decoder& decoder) const {
    check(!training_, "the network is in evaluation mode");
    const auto genes = torch::arange(kSpecials, config_.genes, torch::dtype(torch::kInt64).device(device()));
    return query_part(decoder, gene_inputs(genes, {}, 0));
}

torch::Tensor Network::gene_queries() const {
    return all_queries(expressed_);
}

torch::Tensor Network::value_queries() const {
    check(config_.value_head, "the model has a value head");
    return all_queries(value_);
}

torch::Tensor Network::decode_all(const Decoder& decoder, const torch::Tensor& z,
                                  const torch::Tensor& queries, const torch::Tensor& batch) const {
    const auto hidden = cell_part(decoder, z, batch).unsqueeze(1) + queries.unsqueeze(0);
    auto out = decoder.out(at::prelu(hidden, decoder.slope));
    if (decoder.interaction.defined())
        out.select(2, -1).add_(at::linear(z, decoder.interaction).mm(queries.t()));
    return out;
}

torch::Tensor Network::decode_slots(const Decoder& decoder, const torch::Tensor& z, const GeneSlots& slots,
                                    const torch::Tensor& batch) const {
    const auto [genes, gene_of_slot, counts] = at::_unique2(slots.genes, true, true, true);
    std::int64_t padding = 0;
    if (training_ && config_.norm_statistics == NormStatistics::Compat)
        padding = std::max<std::int64_t>(0, z.size(0) * config_.max_genes - slots.genes.size(0));
    const auto queries = query_part(decoder, gene_inputs(genes, counts, padding));
    const auto hidden =
        cell_part(decoder, z, batch).index_select(0, slots.cell) + queries.index_select(0, gene_of_slot);
    auto out = decoder.out(at::prelu(hidden, decoder.slope));
    if (!decoder.interaction.defined()) return out;
    // All cells by all genes of the step in one product: cheaper than a product per slot.
    const auto products = at::linear(z, decoder.interaction).mm(queries.t());
    const auto of_slots =
        products.view({-1}).index_select(0, slots.cell * queries.size(0) + gene_of_slot).unsqueeze(1);
    const auto outputs = out.size(1);
    return outputs == 1
               ? out + of_slots
               : torch::cat({out.narrow(1, 0, outputs - 1), out.narrow(1, outputs - 1, 1) + of_slots}, 1);
}

torch::Tensor Network::gene_logits_all(const torch::Tensor& z, const torch::Tensor& queries,
                                       const torch::Tensor& batch) const {
    return decode_all(expressed_, z, queries, batch);
}

torch::Tensor Network::expression_all(const torch::Tensor& z, const torch::Tensor& queries,
                                      const torch::Tensor& batch) const {
    check(config_.value_head, "the model has a value head");
    return decode_all(value_, z, queries, batch).squeeze(2);
}

torch::Tensor Network::gene_logits(const torch::Tensor& z, const GeneSlots& slots,
                                   const torch::Tensor& batch) const {
    return decode_slots(expressed_, z, slots, batch);
}

torch::Tensor Network::expression(const torch::Tensor& z, const GeneSlots& slots,
                                  const torch::Tensor& batch) const {
    check(config_.value_head, "the model has a value head");
    return decode_slots(value_, z, slots, batch).squeeze(1);
}

}  // namespace epi
