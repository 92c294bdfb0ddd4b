#pragma once
#include <nlohmann/json.hpp>

#include "io/provenance.hpp"
#include "model/network.hpp"
#include "model/safetensors.hpp"
#include "support/optional_data.hpp"

namespace epi::test {

// The small instance of the reference network whose outputs are known.
struct GoldenModel {
    nlohmann::ordered_json inputs, expected;
    ModelConfig config;
    std::unique_ptr<Network> network;

    std::vector<std::int64_t> labels(const char* key) const {
        return inputs[key].get<std::vector<std::int64_t>>();
    }
};

inline GoldenModel golden_model() {
    const auto folder = optional_data("golden/epifoundation");
    GoldenModel golden;
    golden.inputs = read_json(folder / "inputs.json");
    golden.expected = read_json(folder / "expected.json");
    const auto& sizes = golden.inputs["config"];
    auto& config = golden.config;
    config.embed_dim = sizes["embed_dim"];
    config.layers = sizes["layers"];
    config.heads = sizes["heads"];
    config.ffn_dim = sizes["ffn"];
    config.max_peaks = sizes["max_peaks"];
    config.max_genes = sizes["max_genes"];
    config.peaks = sizes["peaks"];
    config.genes = sizes["genes"];
    config.chromosomes = sizes["chromosomes"];
    config.cell_types = sizes["cell_types"];
    config.batches = sizes["batches"];
    config.norm_statistics = NormStatistics::Compat;
    config.dropout = config.attention_dropout = 0;
    golden.network = std::make_unique<Network>(config, 1);
    golden.network->set_chromosomes(golden.labels("peak2chr"), golden.labels("gene2chr"));
    golden.network->load(read_safetensors(folder / "model.safetensors").tensors, "golden");
    return golden;
}

}  // namespace epi::test
