#include "pipeline/atlas.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <unordered_set>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "genome/interval.hpp"
#include "io/atomic_output.hpp"
#include "io/checksum.hpp"
#include "io/provenance.hpp"
#include "io/text_writer.hpp"
#include "store/manifest.hpp"
#include "store/shard.hpp"

namespace epi {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* kPeaksName = "peaks.bed";
constexpr const char* kGenesName = "genes.tsv";
constexpr const char* kChromSizesName = "chrom.sizes";

// Relative where the shard can be reached so; the two can then be moved together.
std::string path_from(const fs::path& atlas, const fs::path& shard) {
    // Absolute first: of a relative path that does not exist yet the standard makes nothing canonical.
    return fs::weakly_canonical(fs::absolute(shard))
        .lexically_proximate(fs::weakly_canonical(fs::absolute(atlas)))
        .string();
}

std::string cell_key(const Shard& shard, std::int64_t cell) {
    return std::string(shard.label(0, cell)) + ":" + std::string(shard.barcode(cell));
}

// Takes shards into a manifest one by one and checks each against those before.
class AtlasBuilder {
  public:
    AtlasBuilder(fs::path atlas, AtlasManifest manifest, const RunContext& context)
        : atlas_(std::move(atlas)), manifest_(std::move(manifest)), context_(context) {
        for (const auto& entry : manifest_.shards) remember(entry, shard_path(atlas_, entry));
    }

    void add(const fs::path& path) {
        const Shard shard = Shard::open(path);
        ShardEntry entry;
        entry.file = path_from(atlas_, path);
        for (const auto& known : manifest_.shards)
            if (known.file == entry.file)
                throw InputError(path.string(), "is in the atlas already", "name each shard once");
        take_features(shard);
        if (!shard.genome().empty() && !manifest_.genome.empty() && shard.genome() != manifest_.genome)
            throw InputError(path.string(), "is of " + shard.genome() + ", the atlas of " + manifest_.genome,
                             "one atlas is of one genome");
        if (manifest_.genome.empty()) manifest_.genome = shard.genome();
        entry.samples = shard.labels(0).categories();
        refuse_known_cells(shard, entry);
        std::vector<std::string> problems;
        parallel_for(2, context_.threads, [&](std::size_t task) {
            if (task == 1) {
                entry.sha256 = sha256_of_file(path);
                return;
            }
            problems = problems_of(shard, context_.threads);
            entry.block_sha256 = sha256_of_blocks(path, kChecksumBlock, context_.threads);
        });
        if (!problems.empty()) throw InputError(path.string(), problems.front(), "pack it again");
        entry.cells = shard.cells();
        entry.peak_entries = shard.peak_entries();
        entry.gene_entries = shard.gene_entries();
        entry.has_rna = shard.has_rna();
        entry.bytes = fs::file_size(path);
        remember(entry, path);
        manifest_.shards.push_back(std::move(entry));
    }

    const AtlasManifest& manifest() const { return manifest_; }
    // Of the shards that were added; empty if none was, or none has RNA.
    const std::vector<std::string>& peaks() const { return peaks_; }
    const GeneTable& genes() const { return genes_; }

  private:
    void remember(const ShardEntry& entry, const fs::path& path) {
        if (first_.empty()) first_ = path;
        if (entry.has_rna && first_rna_.empty()) first_rna_ = path;
        for (const auto& sample : entry.samples) sample_files_[sample].push_back(path);
    }

    void take_features(const Shard& shard) {
        const auto& peaks = shard.peak_identity();
        if (manifest_.peaks.file.empty()) {
            peaks_ = shard.peak_names();
            manifest_.peaks = {kPeaksName, static_cast<std::int64_t>(peaks_.size()), peaks};
        } else if (peaks != manifest_.peaks.identity) {
            throw InputError(shard.path().string(),
                             "its " + std::to_string(shard.n_peaks()) + " peaks are not those of " +
                                 first_.string() + " (" + std::to_string(manifest_.peaks.count) + ")",
                             "count and pack both on the same peak set");
        }
        if (!shard.has_rna()) return;
        const auto& genes = shard.gene_identity();
        if (manifest_.genes.file.empty()) {
            genes_ = shard.genes();
            manifest_.genes = {kGenesName, static_cast<std::int64_t>(genes_.size()), genes};
        } else if (genes != manifest_.genes.identity) {
            throw InputError(shard.path().string(),
                             "its " + std::to_string(shard.n_genes()) + " genes are not those of " +
                                 first_rna_.string() + " (" + std::to_string(manifest_.genes.count) + ")",
                             "run `epifoundry genes` on both with the same gene table");
        }
    }

    void refuse_known_cells(const Shard& shard, const ShardEntry& entry) const {
        std::set<fs::path> others;
        for (const auto& sample : entry.samples)
            if (const auto found = sample_files_.find(sample); found != sample_files_.end())
                others.insert(found->second.begin(), found->second.end());
        std::unordered_set<std::string> names;
        for (std::int64_t cell = 0; cell < shard.cells(); ++cell)
            if (!names.insert(cell_key(shard, cell)).second)
                throw InputError(shard.path().string(), "has the cell '" + cell_key(shard, cell) + "' twice",
                                 "pack it again");
        for (const auto& path : others) {
            const Shard other = Shard::open(path);
            for (std::int64_t cell = 0; cell < other.cells(); ++cell)
                if (names.contains(cell_key(other, cell)))
                    throw InputError(
                        shard.path().string(),
                        "has the cell '" + cell_key(other, cell) + "' that is in " + path.string() + " too",
                        "give each shard its own --sample when it is packed");
        }
    }

    fs::path atlas_;
    AtlasManifest manifest_;
    const RunContext& context_;
    fs::path first_, first_rna_;
    std::map<std::string, std::vector<fs::path>> sample_files_;
    std::vector<std::string> peaks_;
    GeneTable genes_;
};

void write_peaks(const std::vector<std::string>& names, const fs::path& path) {
    IntervalSet set;
    for (const auto& name : names) add_interval_named(set, name, path.string());
    TextWriter writer(path);
    for (const auto& interval : set.intervals)
        writer.row({set.chromosomes.name(interval.chrom), std::to_string(interval.start),
                    std::to_string(interval.end)});
    writer.close();
}

std::string describe(const AtlasManifest& manifest) {
    std::int64_t cells = 0;
    for (const auto& entry : manifest.shards) cells += entry.cells;
    return with_commas(static_cast<std::int64_t>(manifest.shards.size())) + " shards, " + with_commas(cells) +
           " cells, " + with_commas(manifest.peaks.count) + " peaks, " + with_commas(manifest.genes.count) +
           " genes";
}

}  // namespace

void create_atlas(const AtlasCreateOptions& options, const RunContext& context) {
    refuse_existing(options.atlas, context.force);
    AtomicFolder folder(options.atlas, context.force);
    AtlasManifest manifest;
    manifest.genome = options.genome;
    AtlasBuilder builder(options.atlas, std::move(manifest), context);
    for (std::size_t i = 0; i < options.shards.size(); ++i) {
        context.check_stop();
        builder.add(options.shards[i]);
        context.update("shards", i + 1, options.shards.size());
    }
    write_peaks(builder.peaks(), folder / kPeaksName);
    if (builder.genes().size() > 0) write_gene_table(builder.genes(), folder / kGenesName);
    if (!options.chrom_sizes.empty()) {
        read_chrom_sizes(options.chrom_sizes);  // is it one?
        fs::copy_file(options.chrom_sizes, folder / kChromSizesName);
    }
    AtlasManifest result = builder.manifest();
    Provenance provenance("atlas create", Json{{"genome", options.genome}}, context);
    result.provenance = provenance.full();  // the inputs are the shards, with their checksums
    write_manifest(result, folder.temporary_path());
    folder.commit();
    context.note(describe(result));
}

void add_shards(const AtlasShardsOptions& options, const RunContext& context) {
    auto manifest = read_manifest(options.atlas);
    const bool had_genes = !manifest.genes.file.empty();
    AtlasBuilder builder(options.atlas, std::move(manifest), context);
    for (const auto& shard : options.shards) builder.add(shard);
    if (!had_genes && builder.genes().size() > 0) {
        AtomicFile file(options.atlas / kGenesName, true);
        write_gene_table(builder.genes(), file.temporary_path());
        file.commit();
    }
    write_manifest(builder.manifest(), options.atlas);
    context.note(describe(builder.manifest()));
}

void remove_shards(const AtlasShardsOptions& options, const RunContext& context) {
    auto manifest = read_manifest(options.atlas);
    for (const auto& name : options.shards) {
        const auto named = [&](const ShardEntry& entry) {
            return entry.file == name || entry.file == path_from(options.atlas, name) ||
                   entry.samples == std::vector<std::string>{name};
        };
        if (std::erase_if(manifest.shards, named) == 0)
            throw InputError(options.atlas.string(), "has no shard '" + name + "'",
                             "name a file or a sample that `epifoundry atlas info` lists");
    }
    if (manifest.shards.empty())
        throw InputError(options.atlas.string(), "would have no shard left", "remove the folder instead");
    write_manifest(manifest, options.atlas);
    context.note(describe(manifest));
}

}  // namespace epi
