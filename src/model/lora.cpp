// Low-rank additions to the attention projections of a Network.
#include <cmath>

#include "model/network.hpp"

namespace epi {

torch::Tensor Network::Linear::whole_weight() const {
    return lora_a.defined() ? weight + lora_scale * lora_b.mm(lora_a) : weight;
}

std::vector<std::pair<std::string, Network::Linear*>> Network::attention_projections() {
    std::vector<std::pair<std::string, Linear*>> all;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        const auto name = "encoder.transformer_encoder.layers." + std::to_string(i) + ".self_attn.";
        all.emplace_back(name + "Wqkv", &layers_[i].qkv);
        all.emplace_back(name + "out_proj", &layers_[i].out);
    }
    return all;
}

void Network::add_lora(int rank, double alpha, std::uint64_t seed) {
    torch::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(seed);
    for (const auto& [name, linear] : attention_projections()) {
        check(!linear->lora_a.defined(), "no low-rank addition yet");
        const auto out = linear->weight.size(0), in = linear->weight.size(1);
        const double bound = 1 / std::sqrt(static_cast<double>(in));
        auto a = torch::empty({rank, in}).uniform_(-bound, bound, generator).to(device());
        linear->lora_a = add_parameter(name + ".lora_a", a);
        linear->lora_b = add_parameter(name + ".lora_b", torch::zeros({out, rank}).to(device()));
        linear->lora_scale = alpha / rank;
    }
}

void Network::merge_lora() {
    torch::NoGradGuard no_grad;
    for (const auto& [name, linear] : attention_projections()) {
        if (!linear->lora_a.defined()) continue;
        linear->weight.copy_(linear->whole_weight());
        linear->lora_a = linear->lora_b = torch::Tensor();
    }
    const auto is_lora = [](const std::string& name) { return name.find(".lora_") != std::string::npos; };
    std::erase_if(parameters_, [&](const auto& entry) { return is_lora(entry.first); });
    std::erase_if(state_order_, is_lora);
}

}  // namespace epi
