#include "qc/genome_fit.hpp"

#include <numeric>

#include "genome/contig_names.hpp"

namespace epi {
namespace {

constexpr std::ptrdiff_t kHalfStart = 50, kOuterPositions = 100;

std::vector<Tss> starts_of(const GeneTable& genes, const Chromosomes& chromosomes) {
    std::vector<Tss> sites;
    for (const auto& gene : genes.genes)
        if (const auto chrom = chromosomes.find(gene.chrom); chrom && gene.placed())
            sites.push_back({*chrom, gene.tss(), gene.strand == '-'});
    return sites;
}

}  // namespace

std::int64_t cuts_at_starts(const TssIndex::Profile& profile) {
    const auto middle = profile.begin() + kTssProfile;
    return std::accumulate(middle - kHalfStart, middle + kHalfStart + 1, std::int64_t{0});
}

double pooled_tss_enrichment(const TssIndex::Profile& profile) {
    const auto outer = std::accumulate(profile.begin(), profile.begin() + kOuterPositions, std::int64_t{0}) +
                       std::accumulate(profile.end() - kOuterPositions, profile.end(), std::int64_t{0});
    if (outer == 0) return 0;
    return static_cast<double>(cuts_at_starts(profile)) / (2 * kHalfStart + 1) /
           (static_cast<double>(outer) / (2 * kOuterPositions));
}

GenomeFit::GenomeFit(std::string name, const KnownGenome& genome)
    : name_(std::move(name)),
      chromosomes_(genome.sizes),
      sites_(starts_of(genome.genes, genome.sizes), genome.sizes.size()) {}

void GenomeFit::add(std::string_view chrom, std::int32_t start, std::int32_t end) {
    if (last_ != chrom) {
        last_ = chrom;
        last_id_ = chromosomes_.find(chrom);
        if (!last_id_) last_id_ = chromosomes_.find(other_chromosome_style(chrom));
    }
    if (!last_id_) return;
    ++fragments_;
    if (end > chromosomes_.length(*last_id_)) ++beyond_end_;
    sites_.count(*last_id_, start, end, profile_);
}

}  // namespace epi
