#include "pipeline/nn/model_folder.hpp"

#include <algorithm>
#include <fstream>

#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "io/table.hpp"
#include "model/safetensors.hpp"

namespace epi {
namespace {

constexpr int kFormat = 1;

void write_lines(const std::filesystem::path& path, const std::string& header,
                 const std::vector<std::string>& lines) {
    Table table;
    table.columns = {header};
    for (const auto& line : lines) table.rows.push_back({line});
    write_table(table, path);
}

std::vector<std::string> read_lines(const std::filesystem::path& path, const std::string& header) {
    return read_table(path).values(header);
}

void write_peaks(const IntervalSet& peaks, const std::filesystem::path& path) {
    std::ofstream file(path, std::ios::binary);
    for (const auto& peak : peaks.intervals)
        file << peaks.chromosomes.name(peak.chrom) << '\t' << peak.start << '\t' << peak.end << '\n';
    file.close();
    if (!file) throw ResourceError(path.string(), "cannot be written", "check free space and permissions");
}

void write_chromosomes(const Chromosomes& chromosomes, const std::filesystem::path& path) {
    std::ofstream file(path, std::ios::binary);
    for (std::uint32_t i = 0; i < chromosomes.size(); ++i)
        file << chromosomes.name(i) << '\t' << chromosomes.length(i) << '\n';
    file.close();
    if (!file) throw ResourceError(path.string(), "cannot be written", "check free space and permissions");
}

// A member of a JSON object, or InputError naming the file.
template <class Value>
Value member(const nlohmann::ordered_json& json, const char* key, const std::string& place) {
    try {
        return json.at(key).template get<Value>();
    } catch (const nlohmann::json::exception&) {
        throw InputError(place, std::string("field '") + key + "' is absent or of another type",
                         "use a model folder written by this version");
    }
}

Calibration read_calibration(const nlohmann::ordered_json& json, const std::string& place) {
    const auto values = member<nlohmann::ordered_json>(json, "calibration", place);
    Calibration result;
    result.temperature = member<double>(values, "temperature", place);
    result.unassigned_below = member<double>(values, "unassigned_below", place);
    result.min_open_peaks = member<std::int64_t>(values, "min_open_peaks", place);
    if (!(result.temperature > 0))
        throw InputError(place, "the temperature is not positive", "fine-tune the model again");
    return result;
}

void check_rows(std::int64_t rows, std::size_t lines, std::int64_t specials,
                const std::filesystem::path& file) {
    if (rows != static_cast<std::int64_t>(lines) + specials)
        throw InputError(
            file.string(),
            "has " + std::to_string(lines) + " entries, the network has " + std::to_string(rows - specials),
            "copy the whole model folder again from where it was written");
}

// The chromosome tokens of the special tokens and of features whose chromosomes are named.
template <class NameOf>
std::vector<std::int64_t> chromosome_tokens(std::size_t features, const Chromosomes& chromosomes,
                                            NameOf name_of) {
    std::vector<std::int64_t> tokens;
    for (std::int64_t special = 0; special < kSpecials; ++special) tokens.push_back(special);
    for (std::size_t i = 0; i < features; ++i) {
        const auto id = chromosomes.find(name_of(i));
        tokens.push_back(id ? static_cast<std::int64_t>(*id) + kSpecials : kPad);
    }
    return tokens;
}

}  // namespace

std::string ModelFolder::peaks_identity() const {
    return identity_of_names(peaks.names());
}

std::string ModelFolder::genes_identity() const {
    return identity_of_genes(genes);
}

std::unique_ptr<Network> make_network(ModelConfig config, const IntervalSet& peaks, const GeneTable& genes,
                                      const Chromosomes& chromosomes, std::size_t cell_types,
                                      std::size_t batches, std::uint64_t seed) {
    config.peaks = static_cast<std::int64_t>(peaks.size()) + kSpecials;
    config.genes = static_cast<std::int64_t>(genes.size()) + kSpecials;
    config.chromosomes = static_cast<std::int64_t>(chromosomes.size()) + kSpecials;
    config.cell_types = static_cast<std::int64_t>(cell_types);
    config.batches = static_cast<std::int64_t>(batches);
    auto network = std::make_unique<Network>(config, seed);
    network->set_chromosomes(
        chromosome_tokens(peaks.size(), chromosomes,
                          [&](std::size_t i) { return peaks.chromosomes.name(peaks.intervals[i].chrom); }),
        chromosome_tokens(genes.size(), chromosomes, [&](std::size_t i) { return genes.genes[i].chrom; }));
    return network;
}

ModelFolder read_model(const std::filesystem::path& folder) {
    if (!std::filesystem::is_directory(folder))
        throw InputError(folder.string(), "is no model folder",
                         "give a folder that pretrain or finetune wrote");
    if (!std::filesystem::exists(folder / "DONE"))
        throw InputError(folder.string(), "has no file DONE: it is no model, or its training did not end",
                         "end the training with --resume, or give another model");
    const auto place = (folder / "config.json").string();
    const auto json = read_json(folder / "config.json");
    if (member<int>(json, "format", place) != kFormat)
        throw InputError(place, "is of another format version",
                         "use the version of epifoundry that wrote it");
    ModelFolder model;
    model.preset = member<std::string>(json, "preset", place);
    model.task = member<std::string>(json, "task", place);
    model.genome = member<std::string>(json, "genome", place);
    model.calibration = read_calibration(json, place);
    model.training = json.value("training", nlohmann::ordered_json::object());
    model.provenance = json.value("epifoundry", nlohmann::ordered_json::object());
    const auto config = model_config_from_json(member<nlohmann::ordered_json>(json, "network", place), place);
    model.peaks = read_bed(folder / "peaks.bed");
    model.genes = read_genes(folder / "genes.tsv");
    model.chromosomes = read_chrom_sizes(folder / "chrom.sizes");
    model.cell_types = read_lines(folder / "cell_types.tsv", "cell_type");
    model.batches = read_lines(folder / "batches.tsv", "batch");
    check_rows(config.peaks, model.peaks.size(), kSpecials, folder / "peaks.bed");
    check_rows(config.genes, model.genes.size(), kSpecials, folder / "genes.tsv");
    check_rows(config.chromosomes, model.chromosomes.size(), kSpecials, folder / "chrom.sizes");
    check_rows(config.cell_types, model.cell_types.size(), 0, folder / "cell_types.tsv");
    check_rows(config.batches, model.batches.size(), 0, folder / "batches.tsv");
    const auto identity = member<nlohmann::ordered_json>(json, "identity", place);
    if (member<std::string>(identity, "peaks", place) != model.peaks_identity() ||
        member<std::string>(identity, "genes", place) != model.genes_identity())
        throw InputError(folder.string(), "peaks.bed or genes.tsv is not the one the model was trained with",
                         "copy the whole model folder again from where it was written");
    const auto weights = read_safetensors(folder / "model.safetensors");
    model.network = make_network(config, model.peaks, model.genes, model.chromosomes, model.cell_types.size(),
                                 model.batches.size(), 0);
    model.network->load(weights.tensors, (folder / "model.safetensors").string());
    return model;
}

void write_model(const ModelFolder& model, const std::filesystem::path& folder) {
    nlohmann::ordered_json json;
    json["format"] = kFormat;
    json["preset"] = model.preset;
    json["task"] = model.task;
    json["genome"] = model.genome;
    json["network"] = model_config_to_json(model.config());
    json["training"] = model.training;
    json["calibration"] = {{"temperature", model.calibration.temperature},
                           {"unassigned_below", model.calibration.unassigned_below},
                           {"min_open_peaks", model.calibration.min_open_peaks}};
    json["identity"] = {{"peaks", model.peaks_identity()}, {"genes", model.genes_identity()}};
    json["epifoundry"] = model.provenance;
    write_json(json, folder / "config.json");
    write_peaks(model.peaks, folder / "peaks.bed");
    write_gene_table(model.genes, folder / "genes.tsv");
    write_chromosomes(model.chromosomes, folder / "chrom.sizes");
    write_lines(folder / "cell_types.tsv", "cell_type", model.cell_types);
    write_lines(folder / "batches.tsv", "batch", model.batches);
    write_safetensors(
        model.network->state(),
        {{"peaks", model.peaks_identity()}, {"genes", model.genes_identity()}, {"task", model.task}},
        folder / "model.safetensors");
    write_file(folder / "DONE", "", true);
}

void check_same_features(const ModelFolder& model, const std::filesystem::path& model_path,
                         const std::string& peaks_identity, const std::string& genes_identity,
                         const std::filesystem::path& atlas_path) {
    const bool peaks_differ = peaks_identity != model.peaks_identity();
    // An atlas without RNA has no gene table to compare.
    const bool genes_differ = !genes_identity.empty() && genes_identity != model.genes_identity();
    if (!peaks_differ && !genes_differ) return;
    const std::string what = peaks_differ ? "peak set" : "gene table";
    throw InputError(atlas_path.string(), "its " + what + " is not that of the model " + model_path.string(),
                     peaks_differ ? "count on the model's peaks.bed, or map a sample with annotate"
                                  : "make its RNA with genes --gene-table MODEL/genes.tsv");
}

}  // namespace epi
