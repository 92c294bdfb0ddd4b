#include "store/manifest.hpp"

#include "core/error.hpp"
#include "io/provenance.hpp"

namespace epi {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int kFormatVersion = 1;

Json to_json(const FeatureTable& table) {
    if (table.file.empty()) return nullptr;
    return {{"file", table.file}, {"count", table.count}, {"identity", table.identity}};
}

FeatureTable table_of(const Json& json) {
    if (json.is_null()) return {};
    return {json.at("file"), json.at("count"), json.at("identity")};
}

Json to_json(const ShardEntry& entry) {
    return {{"file", entry.file},
            {"samples", entry.samples},
            {"cells", entry.cells},
            {"peak_entries", entry.peak_entries},
            {"gene_entries", entry.gene_entries},
            {"has_rna", entry.has_rna},
            {"bytes", entry.bytes},
            {"sha256", entry.sha256},
            {"block_sha256", entry.block_sha256}};
}

ShardEntry entry_of(const Json& json) {
    ShardEntry entry{json.at("file"),         json.at("samples"),      json.at("cells"),
                     json.at("peak_entries"), json.at("gene_entries"), json.at("has_rna"),
                     json.at("bytes"),        json.at("sha256"),       {}};
    if (json.contains("block_sha256")) entry.block_sha256 = json.at("block_sha256");
    return entry;
}

}  // namespace

bool is_atlas(const fs::path& path) {
    return fs::is_directory(path) && fs::exists(path / kManifestName);
}

AtlasManifest read_manifest(const fs::path& atlas) {
    const auto path = atlas / kManifestName;
    if (!fs::is_directory(atlas) || !fs::exists(path))
        throw InputError(atlas.string(), std::string("is not an atlas (it has no ") + kManifestName + ")",
                         "make one with `epifoundry atlas create`");
    const Json json = read_json(path);
    try {
        if (json.at("format") != "epifoundry-atlas")
            throw InputError(path.string(), "is not the manifest of an atlas", "give an atlas folder");
        if (json.at("version").get<int>() > kFormatVersion)
            throw InputError(path.string(), "was written by a newer version", "update epifoundry");
        AtlasManifest manifest;
        manifest.genome = json.at("genome");
        manifest.peaks = table_of(json.at("peaks"));
        manifest.genes = table_of(json.at("genes"));
        for (const auto& shard : json.at("shards")) manifest.shards.push_back(entry_of(shard));
        manifest.split = json.at("split");
        manifest.provenance = json.at("provenance");
        return manifest;
    } catch (const nlohmann::json::exception& error) {
        throw InputError(path.string(), std::string("is malformed: ") + error.what(),
                         "create the atlas again from its shards");
    }
}

void write_manifest(const AtlasManifest& manifest, const fs::path& atlas) {
    Json json;
    json["format"] = "epifoundry-atlas";
    json["version"] = kFormatVersion;
    json["genome"] = manifest.genome;
    json["peaks"] = to_json(manifest.peaks);
    json["genes"] = to_json(manifest.genes);
    json["shards"] = Json::array();
    for (const auto& entry : manifest.shards) json["shards"].push_back(to_json(entry));
    json["split"] = manifest.split;
    json["provenance"] = manifest.provenance;
    write_json(json, atlas / kManifestName);
}

fs::path shard_path(const fs::path& atlas, const ShardEntry& entry) {
    return (atlas / entry.file).lexically_normal();
}

void check_shard_file(const fs::path& atlas, const ShardEntry& entry) {
    const auto path = shard_path(atlas, entry);
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error)
        throw InputError(path.string(),
                         "the shard is missing (named in " + (atlas / kManifestName).string() + ")",
                         "put it back, or `epifoundry atlas remove` it");
    if (bytes != entry.bytes)
        throw InputError(
            path.string(),
            "has " + std::to_string(bytes) + " bytes, the manifest says " + std::to_string(entry.bytes),
            "the shard changed: put the old one back, or remove it from the atlas and add it again");
}

}  // namespace epi
