#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "counts/counting_rule.hpp"

namespace epi {

struct CountOptions {
    std::vector<std::filesystem::path>
        fragments;                     // of one sample; "-" is standard input; or a fragment cache
    std::filesystem::path from_cache;  // a fragment cache, in place of fragments
    std::filesystem::path cache;       // fragment cache to write; empty: none
    std::filesystem::path peaks;       // BED
    std::filesystem::path genes;       // gene table, GTF or BED6; empty: those of `genome`
    std::filesystem::path tss;         // BED6; empty: the protein-coding genes'
    std::filesystem::path blacklist, chrom_sizes;  // may be empty
    std::filesystem::path cells;                   // the matrix rows; empty: by min_fragments
    std::filesystem::path output;                  // folder
    std::string genome;                            // "hg38", ...; may be empty if genes are given
    std::int64_t min_fragments = 500;
    bool call_cells = false;  // the matrix rows, by barcode ranks (qc/cell_calling.hpp)
    CountingRule rule = CountingRule::Signac;
    bool binarize = false;                 // ones in peaks.h5ad
    bool all_formulas = false;             // QC columns as other tools define them, too
    std::string nucleosome_lines = "all";  // or "auto" or a number: lines that nucleosome_signal looks at
    std::int64_t skip_bad_lines = 0;       // so many lines without a fragment are left out
    bool allow_truncated = false;          // take what is whole of a bgzip file without its end
    bool dedup = false;                    // equal rows (contig, start, end, barcode) count once
};

struct CountResult {
    std::int64_t fragments = 0, barcodes = 0, cells = 0, peaks = 0, genes = 0;
};

// One pass over a sample's fragments. Writes into the output folder
//   qc.tsv.gz            every barcode, in order of its first fragment
//   peaks.h5ad           cells x peaks; obs the QC columns
//   gene_activity.h5ad   cells x genes, X counts, layers["lognorm"]
//   fragment_sizes.tsv   length fragments: 0 ... 1000 bp
//   tss_profile.tsv      position insertions enrichment: -1000 ... 1000 along the gene
//   count.json           provenance, totals, files, unknown contigs, barcode ranks
// UsageError: neither genes nor a genome. InputError: as the readers and count_sample.
CountResult run_count(const CountOptions& options, const RunContext& context);

}  // namespace epi
