#include <map>

#include "batches/cell_filter.hpp"
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
using Json = nlohmann::ordered_json;
namespace {

using Problems = std::vector<std::string>;

// The checksums, which are most of the work, side by side.
Problems check_files(const fs::path& atlas, const AtlasManifest& manifest, const RunContext& context) {
    Problems problems(manifest.shards.size());
    parallel_for(manifest.shards.size(), context.threads, [&](std::size_t i) {
        const auto& entry = manifest.shards[i];
        try {
            context.check_stop();
            check_shard_file(atlas, entry);
            if (sha256_of_file(shard_path(atlas, entry)) != entry.sha256)
                problems[i] =
                    shard_path(atlas, entry).string() + ": its checksum is not that of the manifest";
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
    if (shard.labels(0).categories != entry.samples) say("its samples are not those of the manifest");
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

std::map<std::string, std::int64_t> tally(const AtlasCells& cells, std::string_view column) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& value : cells.column(column)) ++counts[value];
    return counts;
}

Json info_json(const fs::path& atlas) {
    const auto manifest = read_manifest(atlas);
    const auto cells = AtlasCells::open(atlas);
    Json info{{"atlas", atlas.string()},
              {"genome", manifest.genome},
              {"cells", cells.size()},
              {"peaks", manifest.peaks.count},
              {"peak_identity", manifest.peaks.identity},
              {"genes", manifest.genes.count},
              {"gene_identity", manifest.genes.identity}};
    info["shards"] = Json::array();
    for (const auto& entry : manifest.shards)
        info["shards"].push_back({{"file", entry.file},
                                  {"samples", entry.samples},
                                  {"cells", entry.cells},
                                  {"peak_entries", entry.peak_entries},
                                  {"gene_entries", entry.gene_entries},
                                  {"bytes", entry.bytes}});
    for (const auto* column : {"sample", "batch", "donor", "tissue", "cell_type", "split"})
        info[column] = tally(cells, column);
    info["read_instead_of_mapped"] = cells.notes();
    return info;
}

std::string info_text(const Json& info) {
    const auto number = [](const Json& value) { return with_commas(value.get<std::int64_t>()); };
    std::string text = info.at("atlas").get<std::string>() + "\n";
    text += "  cells   " + number(info.at("cells")) + "\n  peaks   " + number(info.at("peaks")) +
            "\n  genes   " + number(info.at("genes")) + "\n  genome  " +
            info.at("genome").get<std::string>() + "\n  shards\n";
    for (const auto& shard : info.at("shards"))
        text += "    " + shard.at("file").get<std::string>() + "  " + number(shard.at("cells")) + " cells, " +
                number(shard.at("peak_entries")) + " open peaks, " + number(shard.at("gene_entries")) +
                " expressed genes\n";
    for (const auto* column : {"sample", "batch", "donor", "tissue", "cell_type", "split"}) {
        text += std::string("  ") + column + "\n";
        for (const auto& [value, count] : info.at(column).items())
            text += "    " + (value.empty() ? "(none)" : value) + "  " + number(count) + "\n";
    }
    for (const auto& note : info.at("read_instead_of_mapped")) text += "  " + note.get<std::string>() + "\n";
    return text;
}

}  // namespace

AtlasVerifyResult verify_atlas(const fs::path& atlas, const RunContext& context) {
    const auto manifest = read_manifest(atlas);
    Problems problems = check_files(atlas, manifest, context);
    AtlasVerifyResult result;
    if (problems.empty()) {
        check_tables(atlas, manifest, problems);
        const auto cells = AtlasCells::open(atlas);  // also: identities, the split
        result.cells = cells.size();
        for (const auto& entry : manifest.shards) {
            context.check_stop();
            check_content(Shard::open(shard_path(atlas, entry)), entry, context, problems);
            context.update("shards", static_cast<std::uint64_t>(++result.shards), manifest.shards.size());
        }
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

std::string atlas_cells(const AtlasCellsOptions& options) {
    const auto filter = CellFilter::parse(options.where);
    const auto cells = AtlasCells::open(options.atlas);
    std::string rows;
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) {
        if (!options.split.empty() && cells.split(cell) != options.split) continue;
        if (!options.sample.empty() && cells.sample(cell) != options.sample) continue;
        if (!filter(cells, cell)) continue;
        rows += cells.name(cell);
        for (const auto field :
             {cells.sample(cell), cells.barcode(cell), cells.batch(cell), cells.donor(cell),
              cells.tissue(cell), cells.cell_type(cell), cells.split(cell)})
            rows.append("\t").append(field);
        rows += "\n";
    }
    if (rows.empty())
        throw InputError(options.atlas.string(), "no cell is chosen by --split, --sample and --where",
                         "`epifoundry atlas info` lists splits, samples and labels");
    return "cell\tsample\tbarcode\tbatch\tdonor\ttissue\tcell_type\tsplit\n" + rows;
}

std::string atlas_info(const fs::path& atlas, bool json) {
    const auto info = info_json(atlas);
    return json ? info.dump(2) + "\n" : info_text(info);
}

}  // namespace epi
