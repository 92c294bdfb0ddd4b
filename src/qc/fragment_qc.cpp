#include "qc/fragment_qc.hpp"

#include <algorithm>

namespace epi {
namespace {

constexpr std::int32_t kNucleosome = 147, kTwoNucleosomes = 294;

}  // namespace

double nucleosome_signal(const BarcodeCounts& counts) {
    return static_cast<double>(counts.mononucleosomal) / static_cast<double>(counts.nucleosome_free);
}

double duplicate_rate(const BarcodeCounts& counts) {
    return 1 - static_cast<double>(counts.fragments) / static_cast<double>(counts.reads);
}

FragmentQc::FragmentQc(TssIndex sites, IntervalIndex blacklist, const Chromosomes& contigs)
    : sites_(std::move(sites)),
      blacklist_(std::move(blacklist)),
      contig_fragments_(contigs.size()),
      contig_lengths_(contigs.size()) {
    for (std::uint32_t i = 0; i < contigs.size(); ++i) {
        mitochondrial_.push_back(is_mitochondrial(contigs.name(i)) ? 1 : 0);
        contig_lengths_[i] = contigs.length(i);
    }
}

void FragmentQc::consume(const FragmentBatch& batch) {
    for (const auto& name : batch.new_contigs) {
        mitochondrial_.push_back(is_mitochondrial(name) ? 1 : 0);
        contig_fragments_.push_back(0);
        contig_lengths_.push_back(0);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto chrom = batch.chrom[i];
        const auto start = batch.start[i], end = batch.end[i];
        const auto length = end - start;
        if (batch.barcode[i] >= barcodes_.size()) barcodes_.resize(batch.barcode[i] + std::size_t{1});
        BarcodeCounts& counts = barcodes_[batch.barcode[i]];
        if (counts.fragments++ == 0) order_.push_back(batch.barcode[i]);
        counts.reads += batch.reads[i];
        if (length < kNucleosome) ++counts.nucleosome_free;
        if (length > kNucleosome && length < kTwoNucleosomes) ++counts.mononucleosomal;
        if (mitochondrial_[chrom] != 0) ++counts.mitochondrial;
        if (blacklist_.any_overlap(chrom, start, end)) ++counts.blacklist;
        const auto hits = sites_.count(chrom, start, end, profile_);
        counts.tss_centre += hits.centre;
        counts.tss_flank += hits.flank;
        if (hits.promoter) ++counts.promoter;
        ++sizes_[static_cast<std::size_t>(std::min(length, kLongestFragment + 1))];
        ++contig_fragments_[chrom];
        if (contig_lengths_[chrom] > 0 && end > contig_lengths_[chrom]) ++beyond_end_;
    }
}

}  // namespace epi
