#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fragments/chunk_log.hpp"

namespace epi {

// A fragment cache is one file, little-endian:
//   head       kCacheHead bytes, see write_cache_head
//   blocks     one after the other, as fragment_block.hpp has them; each has fragments of one contig of one
//   file about      JSON: the files, and where they come from counts     for each barcode its fragments, 32
//   bits each names      a line each: the contigs of all files, the barcodes in order of their first
//   fragments; bgzip index      for each block kBlockEntry bytes: CachedBlock
// Blocks follow the files; of a file the contigs, in order of their first fragments; of a contig by start,
// and fragments with the same start stand as in the file.
inline constexpr std::string_view kCacheMagic = "EPICACHE";
inline constexpr std::uint32_t kCacheVersion = 1;
inline constexpr std::size_t kCacheHead = 128, kBlockEntry = 24;

// Of a whole cache all blocks but the last of a contig have so many rows.
inline constexpr std::size_t kCacheBlockRows = 8192;

struct CachedBlock {
    std::uint32_t contig = 0;  // counted through the files
    std::uint32_t rows = 0;
    std::uint32_t first_start = 0, last_end = 0;  // the first start, the largest end
    std::uint32_t bytes = 0, crc = 0;
};

// A source file as the cache has it.
struct CachedFile {
    FragmentFileSummary summary;
    std::vector<std::string> contigs;  // as the file names them
};

// The sizes of a cache's parts, in bytes.
struct CacheHead {
    std::uint64_t rows = 0, barcodes = 0, blocks = 0;  // how many
    std::uint64_t block_bytes = 0, about_bytes = 0, name_bytes = 0;
    std::string directory_sha256;  // of all behind the blocks

    std::uint64_t directory_bytes() const {
        return about_bytes + 4 * barcodes + name_bytes + kBlockEntry * blocks;
    }
};

// What is behind the blocks.
struct CacheDirectory {
    std::vector<CachedFile> files;
    std::vector<std::pair<std::string, std::int64_t>> skipped;  // lines by problem
    nlohmann::ordered_json sources;                             // path, bytes, xxh3_128 of each file
    std::vector<std::uint32_t> counts;
    std::vector<std::string> barcodes;
    std::vector<CachedBlock> blocks;
};

std::string write_cache_head(const CacheHead& head);
// InputError with `place`: not a cache, another version, damaged.
CacheHead read_cache_head(std::string_view bytes, const std::string& place);

// Sets the sizes of its parts and its checksum in `head`.
std::string write_cache_directory(const CacheDirectory& directory, CacheHead& head);
// InputError with `place`: damaged, or at odds with itself.
CacheDirectory read_cache_directory(std::string_view bytes, const CacheHead& head, const std::string& place);

// The error of a cache that is damaged.
[[noreturn]] void throw_damaged_cache(const std::string& place, const std::string& problem);

}  // namespace epi
