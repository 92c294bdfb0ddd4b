#pragma once
#include <cstdint>
#include <filesystem>

namespace epi::bench {

// Files of simulated cells, the same each time.

// A shard; about 1 % of its peaks are open in a cell.
void make_shard(std::int64_t cells, std::int64_t peaks, const std::filesystem::path& path);
// The same cells with counts as `count` writes them.
void make_h5ad(std::int64_t cells, std::int64_t peaks, const std::filesystem::path& path);
// An atlas of `shards` with `cells` each on little disk: few peaks are open, everything else is as large as
// ever.
void make_atlas(const std::filesystem::path& folder, std::int64_t shards, std::int64_t cells);

}  // namespace epi::bench
