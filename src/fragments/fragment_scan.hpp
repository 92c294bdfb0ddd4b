#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "fragments/barcode_table.hpp"
#include "fragments/chunk_log.hpp"
#include "fragments/chunk_parser.hpp"

namespace epi {

struct ScanOptions {
    std::vector<std::filesystem::path> files;  // of one sample; "-" is standard input
    Chromosomes reference;                     // of peaks and genes; the scan's contigs start with them
    std::vector<std::string> cells;            // barcodes that are wanted; empty: all. They must differ.
    std::int64_t skip_bad_lines = 0;           // so many lines may hold no fragment
    TextChunkOptions text;
};

struct ScanResult {
    std::vector<FragmentFileSummary> files;
    Chromosomes contigs;
    // "1 -> chr1" and so on, distinct, where a file names chromosomes in the other style.
    std::vector<std::pair<std::string, std::string>> renamed;
    std::vector<std::pair<std::string, std::int64_t>> skipped;  // lines by problem
    std::int64_t fragments = 0;
    // For each chunk its order and how many fragments of its file come before it.
    std::vector<std::pair<std::uint64_t, std::int64_t>> fragments_before;
    // The barcodes of all threads together: first the wanted cells in their order, then the others in any.
    BarcodeTable barcodes;
    std::vector<std::uint32_t> order;                    // those with a fragment, by their first
    std::vector<std::vector<std::uint32_t>> id_of_lane;  // by thread and its barcode number
};

// Reads the fragments of a sample once, on as many threads as there are sinks. Every sink gets some of the
// chunks of the files, each in whole and in order. Lines that start with '#' and empty lines are skipped
// wherever they are; columns after the fifth are ignored. Each file may name chromosomes its own way (chr1 or
// 1). The result is the same for any number of sinks and any size of chunks.
// InputError naming file and line of the first error: fewer than four columns, a coordinate that is none, end
// before start, a barcode or contig that cannot be a name, a fifth column that is no number, a line of more
// than 1 MiB; a file without fragments; truncated or corrupt data. ResourceError: as BarcodeMemory.
// MixedGzipError: as TextChunks.
ScanResult scan_fragments(const ScanOptions& options, const std::vector<FragmentSink*>& sinks,
                          const RunContext& context);

}  // namespace epi
