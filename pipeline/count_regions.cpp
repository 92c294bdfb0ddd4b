#include "pipeline/count_regions.hpp"

#include <string_view>

#include "genome/contig_names.hpp"

namespace epi {
namespace {

// Chromosome numbers of the given names; new names are added to `chromosomes`.
std::vector<std::uint32_t> place_names(Chromosomes& chromosomes, const std::vector<std::string_view>& names,
                                       std::string_view place) {
    ContigNames contigs(chromosomes);
    std::vector<std::uint32_t> ids;
    ids.reserve(names.size());
    for (const auto name : names) ids.push_back(contigs.id(name, place));
    chromosomes = contigs.chromosomes();
    return ids;
}

std::vector<std::string_view> chromosomes_of(const GeneTable& table) {
    std::vector<std::string_view> names;
    for (const auto& gene : table.genes) names.push_back(gene.chrom);
    return names;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& names) {
    return {names.begin(), names.end()};
}

}  // namespace

CountRegions arrange_regions(const CountPlan& plan) {
    CountRegions regions;
    auto& chromosomes = regions.chromosomes;
    chromosomes = plan.peaks.chromosomes;
    const auto gene_chroms = place_names(chromosomes, chromosomes_of(plan.genes), "the genes");
    regions.activity = gene_activity_ranges(plan.genes, gene_chroms);
    const GeneTable& tss = plan.tss ? *plan.tss : plan.genes;
    const auto tss_chroms =
        plan.tss ? place_names(chromosomes, chromosomes_of(tss), "the TSSs") : gene_chroms;
    for (std::size_t i = 0; i < tss.size(); ++i) {
        const Gene& gene = tss.genes[i];
        if (!gene.placed()) continue;
        if (is_mitochondrial(gene.chrom) || (!plan.tss && !is_protein_coding(tss, gene))) continue;
        regions.sites.push_back({tss_chroms[i], gene.tss(), gene.strand == '-'});
    }
    const auto listed =
        place_names(chromosomes, views_of(plan.blacklist.chromosomes.names()), "the blacklist");
    for (const auto& interval : plan.blacklist.intervals)
        regions.blacklist.push_back({listed[interval.chrom], interval.start, interval.end});
    const auto sized = place_names(chromosomes, views_of(plan.sizes.names()), "the chromosome sizes");
    for (std::uint32_t i = 0; i < sized.size(); ++i)
        chromosomes.add(chromosomes.name(sized[i]), plan.sizes.length(i));
    return regions;
}

}  // namespace epi
