#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace epi {

class LineReader;

// One gene: the span of all its transcripts. 0-based half-open. strand is '+', '-' or '*' (taken as '+').
struct Gene {
    std::string id, name, chrom;
    std::int64_t start = 0, end = 0;  // both 0: not known
    char strand = '+';
    std::string type;  // "protein_coding", ...; empty where the file does not say

    // Its coordinates are known: tables may have 0 and 0 for those of a gene that no annotation has.
    bool placed() const { return end > start; }
    // 0-based position of the transcription start site: start, or end - 1 on '-'.
    std::int64_t tss() const { return strand == '-' ? end - 1 : start; }
};

// An ordered list of genes; its order is the feature order of every cell x gene matrix.
struct GeneTable {
    std::vector<Gene> genes;
    // True if the file said each gene's type (otherwise all count as protein coding).
    bool has_types = false;

    std::size_t size() const { return genes.size(); }
    // Names made unique as Signac does it: the first keeps its name, later ones get ".1", ".2", ... skipping
    // those taken; an empty name is replaced by the id.
    std::vector<std::string> unique_names() const;
};

// Reads a gene table (`gene_id gene_name chrom start end strand gene_type`, 0-based half-open; any order,
// name, strand and type may be missing), a GTF (gene records; where there are none, the span of all records
// of a gene_id; gene_biotype or gene_type), or BED6 (column 4 is both id and name), told apart by content. In
// order of first appearance. A gene_id on two chromosomes of a GTF gives one gene on each, both with the span
// over all, as Signac does. A missing name (empty or "NA") becomes the id. InputError naming the line.
GeneTable read_genes(const std::filesystem::path& path);
GeneTable read_genes(LineReader& lines);

// Identity of a gene table: SHA-256 of its lines "id<tab>unique name<tab>chrom", in order.
std::string identity_of_genes(const GeneTable& table);

// The gene table format, with its header. Not atomic.
void write_gene_table(const GeneTable& table, const std::filesystem::path& path);

}  // namespace epi
