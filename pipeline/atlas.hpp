#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/run_context.hpp"

namespace epi {

// The operations on an atlas: a folder with a manifest (atlas.json) over shards that stay where they are,
// peaks.bed and genes.tsv. See docs/formats.md.

struct AtlasCreateOptions {
    std::filesystem::path atlas;  // folder to make
    std::vector<std::filesystem::path> shards;
    std::string genome;                 // empty: that of the shards
    std::filesystem::path chrom_sizes;  // copied into the atlas; may be empty
};
// InputError: peaks or genes of two shards differ (both are named); genomes differ; the same cell in two
// shards; anything wrong inside a shard (problems_of).
void create_atlas(const AtlasCreateOptions& options, const RunContext& context);

struct AtlasShardsOptions {
    std::filesystem::path atlas;
    std::vector<std::string> shards;  // files; for remove also names of samples
};
// Touches the manifest only. InputError: as create_atlas; a shard that is in the atlas already.
void add_shards(const AtlasShardsOptions& options, const RunContext& context);
// Touches the manifest only; the files stay. InputError: not in the atlas, or the last one.
void remove_shards(const AtlasShardsOptions& options, const RunContext& context);

struct AtlasVerifyResult {
    std::int64_t shards = 0, cells = 0;
};
// Every checksum, identity, index and label, on all threads. InputError with the first problem (the others
// are warnings).
AtlasVerifyResult verify_atlas(const std::filesystem::path& atlas, const RunContext& context);

// What is in an atlas, for people or as JSON; ends with a line end.
std::string atlas_info(const std::filesystem::path& atlas, bool json);

struct AtlasCellsOptions {
    std::filesystem::path atlas;
    std::string split, sample;  // only these cells; empty: all
    std::string where;          // only cells with these labels (CellFilter); empty: all
};
// A table of the cells, in global order: cell sample barcode batch donor tissue cell_type split. As `--cells`
// it names their barcodes. InputError: no such cell.
std::string atlas_cells(const AtlasCellsOptions& options);

struct AtlasSplitOptions {
    std::filesystem::path atlas;
    std::string by;  // cell, donor, sample, batch; empty with val or test: donor, else sample, else batch
    std::string fractions;               // "0.8,0.1,0.1"
    std::vector<std::string> val, test;  // values of the column `by`
    std::filesystem::path table;         // columns cell, split
};
// Writes the rule into the manifest. UsageError: not exactly one way to split; a split is there and no force.
// InputError: a value that no cell has; a part without a cell; a table that names no cell of the atlas.
void split_atlas(const AtlasSplitOptions& options, const RunContext& context);

struct AtlasExportOptions {
    std::filesystem::path atlas;
    std::filesystem::path output;  // .h5mu: peaks and genes; .h5ad: peaks, or genes with `rna`
    bool rna = false;
    std::string where;  // only cells with these labels (CellFilter); empty: all
};
// One ordinary file, streamed: memory holds the tables of cells and features only. 2^31 entries and more are
// written with int64 indices. InputError: no cell is chosen.
void export_atlas(const AtlasExportOptions& options, const RunContext& context);

struct RepackOptions {
    std::filesystem::path input;                       // .h5mu, or .h5ad of cells x peaks
    std::string sample, batch, donor, tissue, genome;  // where not empty, in place of what the file says
    std::string cell_type_column;                      // of obs; empty: cell_type
    std::filesystem::path output;
};
// Anyone's paired or ATAC-only file as a shard: CSR, CSC or dense of any number type, chunked or compressed,
// read in blocks (by columns: through a temporary file).
void repack(const RepackOptions& options, const RunContext& context);

}  // namespace epi
