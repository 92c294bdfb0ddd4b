#include "model/network.hpp"

#include <cmath>
#include <set>

namespace epi {
namespace {

torch::Tensor uniform(std::int64_t rows, std::int64_t cols, double bound, torch::Generator& generator) {
    auto tensor = cols == 0 ? torch::empty({rows}) : torch::empty({rows, cols});
    return tensor.uniform_(-bound, bound, generator);
}

std::string shape_text(const torch::Tensor& tensor) {
    std::vector<std::string> sizes;
    for (const auto size : tensor.sizes()) sizes.push_back(std::to_string(size));
    return "[" + join(sizes, ", ") + "]";
}

}  // namespace

torch::Tensor Network::add_parameter(const std::string& name, torch::Tensor value) {
    value.set_requires_grad(true);
    parameters_.emplace_back(name, value);
    state_order_.push_back(name);
    return value;
}

Network::Linear Network::add_linear(const std::string& name, std::int64_t in, std::int64_t out,
                                    torch::Generator& generator) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(in));
    auto weight = add_parameter(name + ".weight", uniform(out, in, bound, generator));
    return {weight, add_parameter(name + ".bias", uniform(out, 0, bound, generator)), {}, {}, 0};
}

Network::LayerNorm Network::add_layer_norm(const std::string& name, std::int64_t width) {
    auto weight = add_parameter(name + ".weight", torch::ones({width}));
    return {weight, add_parameter(name + ".bias", torch::zeros({width}))};
}

Network::Embedding Network::add_embedding(const std::string& name, std::int64_t rows, EmbeddingKind kind,
                                          torch::Generator& generator) {
    auto table = torch::empty({rows, config_.embed_dim}).normal_(0, 1, generator);
    if (kind != EmbeddingKind::Plain && rows > 0) table[kPad].zero_();
    Embedding embedding;
    embedding.table = add_parameter(name + ".embedding.weight", table);
    if (kind != EmbeddingKind::PaddedWithoutNorm)
        embedding.norm = add_layer_norm(name + ".enc_norm", config_.embed_dim);
    return embedding;
}

Network::BatchNorm Network::add_batch_norm(const std::string& name) {
    BatchNorm norm;
    norm.weight = add_parameter(name + ".weight", torch::ones({config_.embed_dim}));
    norm.bias = add_parameter(name + ".bias", torch::zeros({config_.embed_dim}));
    norm.mean = torch::zeros({config_.embed_dim});
    norm.variance = torch::ones({config_.embed_dim});
    norm.batches = torch::zeros({}, torch::kInt64);
    for (const auto& [suffix, buffer] : {std::pair{".running_mean", norm.mean},
                                         {".running_var", norm.variance},
                                         {".num_batches_tracked", norm.batches}}) {
        buffers_.emplace_back(name + suffix, buffer);
        state_order_.push_back(name + suffix);
    }
    return norm;
}

Network::Layer Network::add_layer(const std::string& name, torch::Generator& generator) {
    const std::int64_t width = config_.embed_dim;
    Layer layer;
    layer.qkv = add_linear(name + ".self_attn.Wqkv", width, 3 * width, generator);
    layer.out = add_linear(name + ".self_attn.out_proj", width, width, generator);
    layer.up = add_linear(name + ".linear1", width, config_.ffn_dim, generator);
    layer.down = add_linear(name + ".linear2", config_.ffn_dim, width, generator);
    layer.norm1 = add_layer_norm(name + ".norm1", width);
    layer.norm2 = add_layer_norm(name + ".norm2", width);
    return layer;
}

Network::Decoder Network::add_decoder(const std::string& name, std::int64_t outputs,
                                      torch::Generator& generator) {
    const int width = config_.embed_dim;
    const int inputs = (config_.batch_labels ? 2 : 1) * width + config_.query_dim;
    Decoder decoder;
    decoder.query = add_linear(name + ".gene2query", width, config_.query_dim, generator);
    decoder.hidden = add_linear(name + ".fc1", inputs, config_.query_dim, generator);
    decoder.slope = add_parameter(name + ".hidden_activation.weight", torch::full({1}, 0.25));
    decoder.out = add_linear(name + ".fc2", config_.query_dim, outputs, generator);
    if (config_.gene_interaction)
        decoder.interaction =
            add_parameter(name + ".interaction.weight", torch::zeros({config_.query_dim, width}));
    return decoder;
}

Network::Network(const ModelConfig& config, std::uint64_t seed) : config_(config) {
    check_model_config(config);
    torch::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(seed);
    const int width = config.embed_dim;
    genes_ = add_embedding("rna_emb", config.genes, EmbeddingKind::Padded, generator);
    peaks_ =
        add_embedding("atac_emb", config.peaks,
                      config.peak_norm ? EmbeddingKind::Padded : EmbeddingKind::PaddedWithoutNorm, generator);
    if (config.batch_labels)
        batches_ = add_embedding("batch_emb", config.batches, EmbeddingKind::Plain, generator);
    if (config.chromosome_embedding)
        chromosomes_ = add_embedding("chr_emb", config.chromosomes, EmbeddingKind::Plain, generator);
    // Every layer starts as a copy of the first: the same draws for each.
    const auto before_layers = generator.get_state();
    for (int i = 0; i < config.layers; ++i) {
        generator.set_state(before_layers);
        layers_.push_back(add_layer("encoder.transformer_encoder.layers." + std::to_string(i), generator));
    }
    final_norm_ = add_layer_norm("norm", width);
    cell_type_[0] = add_linear("cls_decoder._decoder.0", width, width, generator);
    cell_type_norm_[0] = add_layer_norm("cls_decoder._decoder.2", width);
    cell_type_[1] = add_linear("cls_decoder._decoder.3", width, width, generator);
    cell_type_norm_[1] = add_layer_norm("cls_decoder._decoder.5", width);
    cell_type_[2] = add_linear("cls_decoder.out_layer", width, config.cell_types, generator);
    expressed_ = add_decoder("mvc_decoder", 2, generator);
    peak_batch_norm_ = add_batch_norm("bn_atac");
    gene_batch_norm_ = add_batch_norm("bn_rna");
    if (config.value_head) value_ = add_decoder("value_decoder", 1, generator);
}

void Network::set_chromosomes(std::span<const std::int64_t> of_peaks,
                              std::span<const std::int64_t> of_genes) {
    if (!config_.chromosome_embedding) return;
    const auto as_tensor = [&](std::span<const std::int64_t> values, std::int64_t rows) {
        check(static_cast<std::int64_t>(values.size()) == rows,
              "one chromosome for each peak and gene token");
        auto tensor = torch::empty({rows}, torch::kInt64);
        for (std::size_t i = 0; i < values.size(); ++i) {
            check(values[i] >= 0 && values[i] < config_.chromosomes, "a chromosome token that exists");
            tensor.data_ptr<std::int64_t>()[i] = values[i];
        }
        return tensor;
    };
    auto peaks = as_tensor(of_peaks, config_.peaks);
    for (std::int64_t i = 0; i < std::min(kSpecials, config_.peaks); ++i) peaks[i] = i;
    peak_chromosome_ = peaks.to(device());
    gene_chromosome_ = as_tensor(of_genes, config_.genes).to(device());
}

torch::Tensor Network::parameter(const std::string& name) const {
    for (const auto& [key, value] : parameters_)
        if (key == name) return value;
    throw InternalError("the network has no parameter " + name);
}

NamedTensors Network::state() const {
    std::map<std::string, torch::Tensor> all(parameters_.begin(), parameters_.end());
    all.insert(buffers_.begin(), buffers_.end());
    NamedTensors ordered;
    for (const auto& name : state_order_) ordered.emplace_back(name, all.at(name));
    return ordered;
}

void Network::load(const std::map<std::string, torch::Tensor>& tensors, std::string_view place) {
    torch::NoGradGuard no_grad;
    const auto own = state();
    std::set<std::string> known;
    for (const auto& [name, target] : own) {
        known.insert(name);
        const auto found = tensors.find(name);
        if (found == tensors.end())
            throw InputError(place, "tensor '" + name + "' is absent",
                             "check that config.json belongs to it");
        const auto& source = found->second;
        if (source.sizes() != target.sizes())
            throw InputError(
                place,
                "tensor '" + name + "' has shape " + shape_text(source) + ", not " + shape_text(target),
                "check that config.json belongs to it");
        if (source.scalar_type() != target.scalar_type())
            throw InputError(place, "tensor '" + name + "' has another number type", "use float32 weights");
    }
    for (const auto& [name, source] : tensors)
        if (!known.contains(name))
            throw InputError(place, "tensor '" + name + "' is not part of the network",
                             "check that config.json belongs to it");
    for (const auto& [name, target] : own) target.copy_(tensors.at(name));
}

void Network::to(torch::Device target) {
    torch::NoGradGuard no_grad;
    // The data moves under the handles, so members, parameters() and an optimizer keep meaning the same
    // tensors.
    for (auto* list : {&parameters_, &buffers_})
        for (auto& [name, tensor] : *list) tensor.set_data(tensor.to(target));
    if (peak_chromosome_.defined()) {
        peak_chromosome_ = peak_chromosome_.to(target);
        gene_chromosome_ = gene_chromosome_.to(target);
    }
}

torch::Device Network::device() const {
    return parameters_.front().second.device();
}

PackedCells pack_cells(std::span<const std::vector<std::int32_t>> open_peaks) {
    PackedCells packed;
    std::size_t tokens = 0;
    for (const auto& peaks : open_peaks) {
        tokens += peaks.size() + 1;
        packed.offsets.push_back(static_cast<std::int64_t>(tokens));
    }
    packed.tokens = torch::empty({static_cast<std::int64_t>(tokens)}, torch::kInt64);
    auto* next = packed.tokens.data_ptr<std::int64_t>();
    for (const auto& peaks : open_peaks) {
        *next++ = kCls;
        for (const auto peak : peaks) *next++ = peak + kSpecials;
    }
    return packed;
}

}  // namespace epi
