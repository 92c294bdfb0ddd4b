#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "fragments/read_filter.hpp"

namespace epi {

struct FragmentsOptions {
    std::vector<std::filesystem::path> inputs;  // SAM, BAM or CRAM of one sample, reads in any order
    std::filesystem::path output;               // NAME.tsv.gz
    std::string barcode_tag = "CB";
    std::string barcode_regex;   // not empty: the barcode is its first group in the read's name
    std::string shift = "4,-5";  // added to start and end
    ReadFilter filter;
    std::int64_t max_length = 2000;  // of a fragment
    bool keep_duplicates = false;    // a row for each pair
    bool drop_mitochondrial = false;
};

struct FragmentsResult {
    std::int64_t reads = 0, pairs = 0, fragments = 0, barcodes = 0;
};

// Aligned reads -> a fragment file: `chrom start end barcode count`, sorted by the contigs of the input's
// header, start, end and barcode, as bgzip with its tabix index, and OUTPUT.json that says where it comes
// from and what became of every read.
//   A row is [start, end): start is the first base of the forward read, end the border behind the last base
// of the reverse read (their 5' ends), moved by `shift`. With 4,-5 that is what Cell Ranger and SnapATAC2
// write: the transposase's two cuts are at start and end - 1. `count` are the pairs that were one molecule
// (JoinEqualPairs), or that end up at the same row. Of single-end reads the row is the aligned bases with
// their 5' end moved, and a sixth column the strand. The same bytes whatever the order of reads, the memory
// and the number of threads.
//   InputError: as AlignmentReader; no read has a barcode; no read is paired; the files' contigs differ;
//   mates
// do not fit; nothing is left. UsageError: wrong tag, regular expression, shift or name of the output.
FragmentsResult make_fragments(const FragmentsOptions& options, const RunContext& context);

}  // namespace epi
