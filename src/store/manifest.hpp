#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace epi {

// One shard as the manifest of an atlas describes it.
struct ShardEntry {
    std::string file;                  // relative to the atlas folder where that is possible
    std::vector<std::string> samples;  // in lexicographic order
    std::int64_t cells = 0, peak_entries = 0, gene_entries = 0;
    bool has_rna = false;
    std::uint64_t bytes = 0;
    std::string sha256;
    // Of each kChecksumBlock bytes in turn, so that many threads can check one file; empty in an atlas of an
    // older version.
    std::vector<std::string> block_sha256;
};
inline constexpr std::uint64_t kChecksumBlock = std::uint64_t{256} << 20;

// A feature table of an atlas: a file in its folder and the identity of its content.
struct FeatureTable {
    std::string file;
    std::int64_t count = 0;
    std::string identity;
};

// atlas.json (docs/formats.md).
struct AtlasManifest {
    std::string genome;
    FeatureTable peaks;  // peaks.bed
    FeatureTable genes;  // genes.tsv; count 0 and no file where no shard has RNA
    std::vector<ShardEntry> shards;
    nlohmann::ordered_json split;  // null, or the rule (src/batches/split.hpp)
    nlohmann::ordered_json provenance;
};

inline constexpr const char* kManifestName = "atlas.json";

bool is_atlas(const std::filesystem::path& path);
// InputError naming the file and what is wrong: not a manifest, of a newer format, a field missing or of
// another kind.
AtlasManifest read_manifest(const std::filesystem::path& atlas);
// Atomically; replaces the one there is.
void write_manifest(const AtlasManifest& manifest, const std::filesystem::path& atlas);
// Where the shard lies.
std::filesystem::path shard_path(const std::filesystem::path& atlas, const ShardEntry& entry);
// InputError if the file is missing or has another size than the manifest says.
void check_shard_file(const std::filesystem::path& atlas, const ShardEntry& entry);

}  // namespace epi
