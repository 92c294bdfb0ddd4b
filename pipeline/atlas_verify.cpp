#include <exception>

#include "batches/atlas_cells.hpp"
#include "batches/split.hpp"
#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "io/checksum.hpp"
#include "pipeline/atlas.hpp"
#include "store/manifest.hpp"
#include "store/shard.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

using Problems = std::vector<std::string>;

bool has_right_checksum(const ShardEntry& entry, const fs::path& path, const RunContext& context) {
    if (entry.block_sha256.empty()) return sha256_of_file(path) == entry.sha256;
    return sha256_of_blocks(path, kChecksumBlock, context.threads) == entry.block_sha256;
}

// The checksums, which are most of the work: shards side by side, and blocks of each.
Problems check_files(const fs::path& atlas, const AtlasManifest& manifest, const RunContext& context) {
    Problems problems(manifest.shards.size());
    parallel_for(manifest.shards.size(), context.threads, [&](std::size_t i) {
        const auto& entry = manifest.shards[i];
        const auto path = shard_path(atlas, entry);
        try {
            context.check_stop();
            check_shard_file(atlas, entry);
            if (!has_right_checksum(entry, path, context))
                problems[i] = path.string() + ": its checksum is not that of the manifest";
        } catch (const InputError& error) {
            problems[i] = error.what();
        }
    });
    std::erase(problems, std::string());
    return problems;
}

void check_content(const Shard& shard, const ShardEntry& entry, const RunContext& context,
                   Problems& problems) {
    const auto say = [&](const std::string& what) {
        problems.push_back(shard.path().string() + ": " + what);
    };
    if (shard.cells() != entry.cells || shard.peak_entries() != entry.peak_entries ||
        shard.gene_entries() != entry.gene_entries || shard.has_rna() != entry.has_rna)
        say("its numbers of cells or entries are not those of the manifest");
    if (shard.labels(0).categories() != entry.samples) say("its samples are not those of the manifest");
    for (const auto& problem : problems_of(shard, context.threads)) say(problem);
}

void check_tables(const fs::path& atlas, const AtlasManifest& manifest, Problems& problems) {
    const auto peaks = atlas / manifest.peaks.file;
    if (identity_of_names(read_bed(peaks).names()) != manifest.peaks.identity)
        problems.push_back(peaks.string() + ": its identity is not that of the manifest");
    if (!manifest.genes.file.empty() &&
        identity_of_genes(read_genes(atlas / manifest.genes.file)) != manifest.genes.identity)
        problems.push_back((atlas / manifest.genes.file).string() +
                           ": its identity is not that of the manifest");
    if (manifest.split.is_null()) return;
    const auto rule = split_rule_of(manifest.split, (atlas / kManifestName).string());
    if (rule.by == "table" && sha256_of_file(atlas / rule.table) != rule.table_sha256)
        problems.push_back((atlas / rule.table).string() + ": its checksum is not that of the manifest");
}

// Everything inside the shards, one after the other (HDF5 knows no threads).
AtlasVerifyResult check_contents(const fs::path& atlas, const AtlasManifest& manifest,
                                 const RunContext& context, Problems& problems) {
    AtlasVerifyResult result;
    check_tables(atlas, manifest, problems);
    const auto cells = AtlasCells::open(atlas);  // also: identities, the split
    result.cells = cells.size();
    for (const auto& entry : manifest.shards) {
        context.check_stop();
        check_content(Shard::open(shard_path(atlas, entry)), entry, context, problems);
        context.update("shards", static_cast<std::uint64_t>(++result.shards), manifest.shards.size());
    }
    return result;
}

}  // namespace

AtlasVerifyResult verify_atlas(const fs::path& atlas, const RunContext& context) {
    const auto manifest = read_manifest(atlas);
    Problems problems, inside;
    AtlasVerifyResult result;
    std::exception_ptr error;
    parallel_for(2, context.threads, [&](std::size_t task) {
        if (task == 0) {
            problems = check_files(atlas, manifest, context);
            return;
        }
        try {
            result = check_contents(atlas, manifest, context, inside);
        } catch (...) {
            error = std::current_exception();
        }
    });
    // What a file that is not the right one has inside, nobody asked.
    if (problems.empty()) {
        if (error) std::rethrow_exception(error);
        problems = std::move(inside);
    }
    if (!problems.empty()) {
        for (std::size_t i = 1; i < problems.size(); ++i) context.warn(problems[i]);
        throw InputError("", problems.front(),
                         problems.size() == 1
                             ? "put the right file back, or pack it again"
                             : "and " + std::to_string(problems.size() - 1) + " more problems");
    }
    context.note("verified " + with_commas(result.shards) + " shards, " + with_commas(result.cells) +
                 " cells");
    return result;
}

}  // namespace epi
