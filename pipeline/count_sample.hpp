#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/run_context.hpp"
#include "counts/counting_rule.hpp"
#include "counts/pair_store.hpp"
#include "fragments/chunk_log.hpp"
#include "fragments/fragment_cache_writer.hpp"
#include "genome/genes.hpp"
#include "genome/interval.hpp"
#include "qc/cell_calling.hpp"
#include "qc/fragment_qc.hpp"
#include "store/anndata.hpp"

namespace epi {

inline constexpr std::int64_t kAllLines = -1, kLinesBySignac = 0;

// What one pass over the fragments of a sample needs to know. Names of chromosomes may differ in style (chr1
// or 1) from one part to the other; those of the peaks hold.
struct CountPlan {
    std::vector<std::filesystem::path> fragments;  // or one fragment cache
    std::filesystem::path cache;                   // to be written; empty: none
    IntervalSet peaks;
    std::string peaks_name = "the peaks";  // for messages
    GeneTable genes;                       // TSSs, and gene activity if `gene_activity`
    std::optional<GeneTable> tss;          // each row a TSS, instead of the protein-coding genes' own
    IntervalSet blacklist;                 // may be empty
    Chromosomes sizes;                     // may be empty
    std::optional<std::vector<std::string>> cells;  // the rows of the matrices, in this order
    std::string cells_name = "the cells";           // for messages
    std::int64_t min_fragments = 500;               // else the barcodes with as many fragments
    bool call_cells = false;                        // else those that call_cells says
    CountingRule rule = CountingRule::Signac;       // of the peak matrix; gene activity is Signac's always
    bool dedup = false;
    bool gene_activity = true;
    bool all_formulas = false;  // QC columns as other tools define them, too
    // nucleosome_signal looks at the first N lines of each file; or at kAllLines, or at kLinesBySignac: 5,000
    // for each row of the matrices.
    std::int64_t nucleosome_lines = kAllLines;
    std::int64_t skip_bad_lines = 0;  // so many lines that hold no fragment are left out
    bool allow_truncated = false;     // take what is whole of a bgzip file whose end is missing
    bool one_stream = false;          // as TextChunkOptions
    bool checksums = false;           // of the files, where they come without another look
};

// What the pass found. Columns of the QC tables as in the contract of qc.tsv.gz, in its order.
struct SampleCounts {
    DataFrame qc;               // every barcode in order of its first fragment, then listed cells without any
    DataFrame cells;            // the same columns for the rows of the matrices
    PendingRows peaks;          // cells x peaks in the given order
    PendingRows gene_activity;  // cells x activity_genes
    GeneTable activity_genes;
    std::array<std::int64_t, kLongestFragment + 2> sizes{};
    TssIndex::Profile tss_profile{};

    std::int64_t fragments = 0, duplicates_dropped = 0, beyond_chromosome_end = 0;
    std::int64_t listed_cells_without_fragments = 0;
    CellCall called;  // with CountPlan::call_cells
    std::size_t tss_sites = 0;
    std::int64_t genes_without_place = 0;       // left out: their coordinates are not known
    std::int64_t nucleosome_lines = kAllLines;  // that were looked at in each file
    double mean_tss_flank = 0;                  // over the matrix rows, what takes the place of a zero
    std::vector<FragmentFileSummary> files;
    std::vector<std::pair<std::string, std::int64_t>> skipped_lines;  // by problem
    std::vector<std::pair<std::string, std::string>> renamed_chromosomes;
    // Contigs that are neither in peaks, genes, blacklist nor sizes, with their fragments, in order of
    // appearance.
    std::vector<std::pair<std::string, std::int64_t>> unknown_contigs;
    std::unique_ptr<FragmentCacheWriter> cache;  // with `cache`: has all that was read
};

// Reads the fragments once. The same result at any thread count. Says what a person should know (unsorted
// input, renamed chromosomes, fragments beyond the end of a chromosome). InputError: as scan_fragments; no
// fragment on a chromosome of the peaks; none of the listed cells in the file.
SampleCounts count_sample(const CountPlan& plan, const RunContext& context);

}  // namespace epi
