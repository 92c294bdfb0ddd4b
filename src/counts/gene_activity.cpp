#include "counts/gene_activity.hpp"

namespace epi {
namespace {

constexpr std::int64_t kWidthLimit = 500000, kUpstream = 2000;

}  // namespace

bool is_protein_coding(const GeneTable& table, const Gene& gene) {
    return !table.has_types || gene.type == "protein_coding";
}

GeneActivityRanges gene_activity_ranges(const GeneTable& table, const std::vector<std::uint32_t>& chrom_of) {
    GeneActivityRanges result;
    result.genes.has_types = table.has_types;
    const auto names = table.unique_names();
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Gene& gene = table.genes[i];
        if (!gene.placed() || !is_protein_coding(table, gene) || gene.end - gene.start >= kWidthLimit)
            continue;
        result.genes.genes.push_back(gene);
        result.genes.genes.back().name = names[i];
        const bool reverse = gene.strand == '-';
        result.intervals.push_back(
            {chrom_of[i], gene.start - (reverse ? 0 : kUpstream), gene.end + (reverse ? kUpstream : 0)});
    }
    return result;
}

}  // namespace epi
