#include "model/config.hpp"

namespace epi {

const std::vector<std::string>& names_of(Pooling) {
    static const std::vector<std::string> names{"cls", "mean"};
    return names;
}

const std::vector<std::string>& names_of(NormStatistics) {
    static const std::vector<std::string> names{"real", "compat"};
    return names;
}

const std::vector<std::string>& preset_names() {
    static const std::vector<std::string> names{"epifoundation", "small", "tiny"};
    return names;
}

ModelConfig model_preset(std::string_view preset) {
    ModelConfig config;
    if (preset == "epifoundation") return config;
    if (preset != "small" && preset != "tiny")
        throw UsageError("--preset", "there is no preset '" + std::string(preset) + "'",
                         "give " + join(preset_names(), ", "));
    const bool small = preset == "small";
    config.embed_dim = small ? 128 : 64;
    config.layers = 2;
    config.heads = 4;
    config.ffn_dim = small ? 256 : 128;
    config.query_dim = small ? 128 : 64;
    // On little data a peak's weight must be able to be small, and labels of batches and chromosomes only add
    // something to learn by heart.
    config.chromosome_embedding = false;
    config.batch_labels = false;
    config.peak_norm = false;
    // On few updates the decoder otherwise learns how common each gene is, and little else.
    config.gene_interaction = true;
    config.pooling = Pooling::Mean;
    config.dropout = 0.1;
    // Dropout on probabilities would make the CPU write out every attention matrix.
    config.attention_dropout = 0.0;
    return config;
}

namespace {

template <class Visit>
void visit_sizes(ModelConfig& config, Visit&& visit) {
    visit("peaks", config.peaks);
    visit("genes", config.genes);
    visit("chromosomes", config.chromosomes);
    visit("cell_types", config.cell_types);
    visit("batches", config.batches);
}

}  // namespace

nlohmann::ordered_json model_config_to_json(const ModelConfig& config) {
    auto json = fields_to_json(config);
    auto copy = config;
    visit_sizes(copy, [&](const char* name, std::int64_t& rows) { json["rows"][name] = rows; });
    json["value_head"] = config.value_head;
    return json;
}

ModelConfig model_config_from_json(const nlohmann::ordered_json& json, std::string_view place) {
    ModelConfig config;
    fields_from_json(config, json, place);
    const auto fail = [&](const std::string& name) {
        throw InputError(place, "field '" + name + "' is absent or malformed",
                         "use a model written by this version");
    };
    visit_sizes(config, [&](const char* name, std::int64_t& rows) {
        if (!json.contains("rows") || !json["rows"].is_object() || !json["rows"].contains(name) ||
            !json["rows"][name].is_number_integer())
            fail(std::string("rows.") + name);
        rows = json["rows"][name].get<std::int64_t>();
        // More rows than a shard can have columns is damage, not data.
        if (rows < 0 || rows > 2147483647) fail(std::string("rows.") + name);
    });
    if (!json.contains("value_head") || !json["value_head"].is_boolean()) fail("value_head");
    config.value_head = json["value_head"].get<bool>();
    try {
        check_model_config(config);
    } catch (const UsageError& error) {
        throw InputError(place, error.what(), "use a model written by this version");
    }
    return config;
}

void check_model_config(const ModelConfig& config) {
    const auto require = [](bool holds, std::string_view option, std::string_view problem,
                            std::string_view remedy) {
        if (!holds) throw UsageError(option, problem, remedy);
    };
    // Upper limits only keep a damaged config.json from asking for all memory there is.
    const auto in_range = [&](int value, int low, int high, std::string_view option) {
        require(value >= low && value <= high, option, std::to_string(value) + " is out of range",
                "give " + std::to_string(low) + " to " + std::to_string(high));
    };
    in_range(config.embed_dim, 1, 65536, "--embed-dim");
    in_range(config.layers, 1, 1000, "--layers");
    in_range(config.heads, 1, 65536, "--heads");
    in_range(config.ffn_dim, 1, 1 << 20, "--ffn-dim");
    in_range(config.query_dim, 1, 1 << 20, "--query-dim");
    in_range(config.max_peaks, 2, 2147483647, "--max-peaks");
    in_range(config.max_genes, 2, 2147483647, "--max-genes");
    require(
        config.embed_dim % config.heads == 0, "--heads",
        std::to_string(config.heads) + " heads do not divide the width " + std::to_string(config.embed_dim),
        "give a number that divides --embed-dim");
    for (const double rate : {config.dropout, config.attention_dropout})
        require(rate >= 0 && rate < 1, "--dropout", format_double(rate) + " is no share",
                "give a number from 0 to below 1");
}

}  // namespace epi
