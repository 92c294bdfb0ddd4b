#include "pipeline/nn/import_model.hpp"

#include <algorithm>

#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "model/torch_archive.hpp"
#include "pipeline/nn/model_folder.hpp"
#include "pipeline/nn/training_run.hpp"

namespace epi {
namespace {

using Tensors = std::map<std::string, torch::Tensor>;

// The tokens of a vocabulary by id.
std::vector<std::string> read_vocabulary(const std::filesystem::path& path) {
    const auto json = read_json(path);
    const auto fail = [&](const std::string& problem) {
        throw InputError(path.string(), problem, "give a JSON object of token -> id with ids 0, 1, 2, ...");
    };
    if (!json.is_object() || json.empty()) fail("is no vocabulary");
    std::vector<std::string> tokens(json.size());
    std::vector<bool> taken(json.size());
    for (const auto& [token, id] : json.items()) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= tokens.size() ||
            taken[id.get<std::size_t>()])
            fail("the id of '" + token + "' is no number, too large, or given twice");
        tokens[id.get<std::size_t>()] = token;
        taken[id.get<std::size_t>()] = true;
    }
    return tokens;
}

// The same without the special tokens, which must be where the reference puts them.
std::vector<std::string> read_features(const std::filesystem::path& path) {
    auto tokens = read_vocabulary(path);
    const std::vector<std::string> specials{"<pad>", "<mask>", "<cls>", "<eos>"};
    if (tokens.size() < specials.size() || !std::equal(specials.begin(), specials.end(), tokens.begin()))
        throw InputError(path.string(), "does not start with <pad>, <mask>, <cls>, <eos> as ids 0 to 3",
                         "give the vocabulary the model was trained with");
    tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(specials.size()));
    return tokens;
}

Tensors model_tensors(const TorchArchive& archive, const std::filesystem::path& path) {
    Tensors tensors;
    const std::string prefix = "model/";
    for (const auto& [name, tensor] : archive.tensors)
        if (name.starts_with(prefix)) tensors.emplace(name.substr(prefix.size()), tensor);
    if (tensors.empty())
        throw InputError(path.string(), "holds no 'model'",
                         "give a checkpoint with the entry 'model', a state dict");
    return tensors;
}

std::int64_t size_of(const Tensors& tensors, const std::string& name, std::int64_t axis,
                     const std::filesystem::path& path) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.dim() <= axis)
        throw InputError(path.string(), "tensor '" + name + "' is absent or of another shape",
                         "give a checkpoint of EpiFoundation with the gene decoder 'concat query'");
    return found->second.size(axis);
}

ModelConfig config_of(const Tensors& tensors, int heads, const std::filesystem::path& path) {
    ModelConfig config;
    const auto whole = [&](const std::string& name, std::int64_t axis) {
        return static_cast<int>(size_of(tensors, name, axis, path));
    };
    const std::string layers = "encoder.transformer_encoder.layers.";
    config.embed_dim = whole("norm.weight", 0);
    config.ffn_dim = whole(layers + "0.linear1.weight", 0);
    config.query_dim = whole("mvc_decoder.gene2query.weight", 0);
    config.heads = heads;
    config.layers = 0;
    while (tensors.contains(layers + std::to_string(config.layers) + ".norm1.weight")) ++config.layers;
    config.batch_labels = tensors.contains("batch_emb.embedding.weight");
    config.chromosome_embedding = tensors.contains("chr_emb.embedding.weight");
    config.value_head = tensors.contains("value_decoder.fc2.weight");
    config.norm_statistics = NormStatistics::Compat;
    check_model_config(config);
    return config;
}

void check_size(const Tensors& tensors, const std::string& name, std::size_t tokens,
                const std::string& option, const ImportModelOptions& options) {
    const auto rows = size_of(tensors, name, 0, options.checkpoint);
    if (rows != static_cast<std::int64_t>(tokens))
        throw InputError(options.checkpoint.string(),
                         "'" + name + "' has " + std::to_string(rows) + " rows, " + option + " names " +
                             std::to_string(tokens) + " tokens",
                         "give the vocabularies the model was trained with");
}

GeneTable genes_of(const std::vector<std::string>& names, const ImportModelOptions& options,
                   bool need_chromosomes) {
    GeneTable table;
    const auto chromosomes =
        options.gene2chr.empty() ? nlohmann::ordered_json::object() : read_json(options.gene2chr);
    for (const auto& name : names) {
        const bool known =
            chromosomes.is_object() && chromosomes.contains(name) && chromosomes[name].is_string();
        if (need_chromosomes && !known)
            throw InputError(options.gene2chr.empty() ? "--gene2chr" : options.gene2chr.string(),
                             "no chromosome for gene '" + name + "'",
                             "give a JSON object of gene -> chromosome that names every gene of --rna-vocab");
        table.genes.push_back(
            {name, name, known ? chromosomes[name].get<std::string>() : "unknown", 0, 1, '*', ""});
    }
    return table;
}

Chromosomes chromosomes_in_order(const std::vector<std::string>& names, const IntervalSet& peaks) {
    Chromosomes chromosomes;
    for (const auto& name : names) chromosomes.add(name, 1);
    for (const auto& peak : peaks.intervals)
        if (const auto& name = peaks.chromosomes.name(peak.chrom); chromosomes.find(name))
            chromosomes.add(name, peak.end);
    return chromosomes;
}

void run(const ImportModelOptions& options, const RunContext& context) {
    refuse_existing(options.output, context.force);
    const auto archive = read_torch_archive(options.checkpoint);
    const auto tensors = model_tensors(archive, options.checkpoint);
    const auto config = config_of(tensors, options.heads, options.checkpoint);
    ModelFolder model;
    model.preset = model.task = "imported";
    const auto peak_names = read_features(options.atac_vocab), gene_names = read_features(options.rna_vocab);
    model.peaks = intervals_named(peak_names, options.atac_vocab.string());
    model.genes = genes_of(gene_names, options, config.chromosome_embedding);
    if (!options.chr_vocab.empty())
        model.chromosomes = chromosomes_in_order(read_features(options.chr_vocab), model.peaks);
    else
        model.chromosomes = chromosomes_of(model.peaks, model.genes);
    model.cell_types = read_vocabulary(options.cell_type_vocab);
    if (config.batch_labels && !options.batch_vocab.empty())
        model.batches = read_vocabulary(options.batch_vocab);
    else if (config.batch_labels)
        for (std::int64_t i = 0; i < size_of(tensors, "batch_emb.embedding.weight", 0, options.checkpoint);
             ++i)
            model.batches.push_back("batch_" + std::to_string(i));
    const auto specials = static_cast<std::size_t>(kSpecials);
    check_size(tensors, "atac_emb.embedding.weight", peak_names.size() + specials, "--atac-vocab", options);
    check_size(tensors, "rna_emb.embedding.weight", gene_names.size() + specials, "--rna-vocab", options);
    check_size(tensors, "cls_decoder.out_layer.weight", model.cell_types.size(), "--cell-type-vocab",
               options);
    if (config.batch_labels)
        check_size(tensors, "batch_emb.embedding.weight", model.batches.size(), "--batch-vocab", options);
    if (config.chromosome_embedding)
        check_size(tensors, "chr_emb.embedding.weight", model.chromosomes.size() + specials, "--chr-vocab",
                   options);
    Provenance provenance("import-model", {{"heads", options.heads}}, context);
    provenance.add_input(options.checkpoint);
    model.provenance = provenance.full();
    for (const char* counter : {"epoch", "steps"})
        if (const auto found = archive.values.find(counter); found != archive.values.end())
            model.training[counter] = found->second;
    model.network = make_network(config, model.peaks, model.genes, model.chromosomes, model.cell_types.size(),
                                 model.batches.size(), 0);
    model.network->load(tensors, options.checkpoint.string());
    AtomicFolder folder(options.output, context.force);
    write_model(model, folder.temporary_path());
    folder.commit();
}

}  // namespace

void import_model(const ImportModelOptions& options, const RunContext& context) {
    with_torch_errors([&] { run(options, context); });
}

}  // namespace epi
