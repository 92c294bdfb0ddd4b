#pragma once
#include "genome/genes.hpp"
#include "genome/interval.hpp"

namespace epi {

// The genes of a gene-activity matrix and the range of each: gene body and 2,000 bp upstream, not cut at the
// chromosome's ends. Signac's GeneActivity: protein-coding genes (all where types are not known) with
// coordinates, shorter than 500,000 bp, with names that are unique over the whole table.
struct GeneActivityRanges {
    GeneTable genes;                  // their names are unique
    std::vector<Interval> intervals;  // on the chromosome that `chrom_of` gives for the gene
};

// `chrom_of[i]`: the chromosome number of table.genes[i].
GeneActivityRanges gene_activity_ranges(const GeneTable& table, const std::vector<std::uint32_t>& chrom_of);

// True where the table has no types or says protein_coding.
bool is_protein_coding(const GeneTable& table, const Gene& gene);

}  // namespace epi
