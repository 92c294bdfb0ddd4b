#include "qc/fragment_qc.hpp"

#include <algorithm>

#include "core/huge_pages.hpp"

namespace epi {
namespace {

constexpr std::size_t kAhead = 32;

// 1 if a < b, else 0, without a branch that cannot be foreseen. Both are lengths.
std::uint32_t below(std::int32_t a, std::int32_t b) {
    return static_cast<std::uint32_t>(a - b) >> 31;
}

// `regions`: an IntervalIndex or IntervalWalk.
bool any_overlap(auto& regions, std::uint32_t chrom, std::int32_t start, std::int32_t end) {
    bool any = false;
    regions.overlaps(chrom, start, end, [&](const auto&) { any = true; });
    return any;
}

}  // namespace

BarcodeCounts& BarcodeCounts::operator+=(const BarcodeCounts& other) {
    reads += other.reads;
    peak_overlaps += other.peak_overlaps;
    fragments += other.fragments;
    mitochondrial += other.mitochondrial;
    nucleosome_free += other.nucleosome_free;
    mononucleosomal += other.mononucleosomal;
    tss_centre += other.tss_centre;
    tss_flank += other.tss_flank;
    blacklist += other.blacklist;
    promoter += other.promoter;
    in_peaks += other.in_peaks;
    peak_insertions += other.peak_insertions;
    return *this;
}

double nucleosome_signal(const BarcodeCounts& counts) {
    return static_cast<double>(counts.mononucleosomal) / static_cast<double>(counts.nucleosome_free);
}

double duplicate_rate(const BarcodeCounts& counts) {
    return 1 - static_cast<double>(counts.fragments) / static_cast<double>(counts.reads);
}

void FragmentQc::count_lengths(const FragmentBatch& batch) {
    const std::uint32_t mitochondrial = batch.mitochondrial ? 1 : 0;
    for (std::size_t i = 0; i < batch.size; ++i) {
        __builtin_prefetch(&barcodes_[batch.barcode[std::min(i + kAhead, batch.size - 1)]], 1);
        BarcodeCounts& counts = barcodes_[batch.barcode[i]];
        const auto length = batch.end[i] - batch.start[i];
        ++counts.fragments;
        counts.reads += batch.reads[i];
        counts.nucleosome_free += below(length, kNucleosome);
        counts.mononucleosomal += below(kNucleosome, length) & below(length, kTwoNucleosomes);
        counts.mitochondrial += mitochondrial;
        counts.peak_overlaps += batch.peak_overlaps[i];
        counts.in_peaks += std::min(batch.peak_overlaps[i], 1U);
        counts.peak_insertions += batch.peak_cuts[i];
        ++sizes_[static_cast<std::size_t>(std::min(length, kLongestFragment + 1))];
    }
}

void FragmentQc::count_blacklisted(const FragmentBatch& batch) {
    auto first = batch.start[0], last = batch.end[0];
    for (std::size_t i = 1; i < batch.size; ++i) {
        first = std::min(first, batch.start[i]);
        last = std::max(last, batch.end[i]);
    }
    if (!any_overlap(regions_->blacklist, batch.chrom, first, last)) return;
    for (std::size_t i = 0; i < batch.size; ++i)
        if (any_overlap(blacklist_, batch.chrom, batch.start[i], batch.end[i]))
            ++barcodes_[batch.barcode[i]].blacklist;
}

void FragmentQc::count_sites(const FragmentBatch& batch) {
    for (std::size_t i = 0; i < batch.size; ++i) {
        const auto hits = regions_->sites.count(sites_, batch.chrom, batch.start[i], batch.end[i], profile_);
        if (!hits.any()) continue;
        BarcodeCounts& counts = barcodes_[batch.barcode[i]];
        counts.tss_centre += hits.centre;
        counts.tss_flank += hits.flank;
        counts.promoter += hits.promoter ? 1U : 0U;
    }
}

void FragmentQc::make_room(std::size_t barcodes) {
    if (barcodes > barcodes_.capacity()) {
        std::vector<BarcodeCounts> larger;
        larger.reserve(2 * barcodes);
        prefer_huge_pages(larger.data(), larger.capacity() * sizeof(BarcodeCounts));
        larger.insert(larger.end(), barcodes_.begin(), barcodes_.end());
        barcodes_.swap(larger);
    }
    if (barcodes > barcodes_.size()) barcodes_.resize(barcodes);
}

void FragmentQc::consume(const FragmentBatch& batch) {
    if (batch.size == 0) return;
    std::uint32_t most = 0;
    for (std::size_t i = 0; i < batch.size; ++i) most = std::max(most, batch.barcode[i]);
    make_room(most + std::size_t{1});
    if (batch.chrom >= contig_fragments_.size()) contig_fragments_.resize(batch.chrom + std::size_t{1});
    contig_fragments_[batch.chrom] += static_cast<std::int64_t>(batch.size);
    count_lengths(batch);
    count_blacklisted(batch);
    count_sites(batch);
    if (batch.chrom_length > 0)
        beyond_end_ += std::count_if(batch.end.begin(), batch.end.begin() + batch.size,
                                     [&](auto end) { return end > batch.chrom_length; });
}

void FragmentQc::add(const FragmentQc& other, std::span<const std::uint32_t> id_of) {
    for (std::size_t i = 0; i < other.barcodes_.size(); ++i) {
        make_room(id_of[i] + std::size_t{1});
        barcodes_[id_of[i]] += other.barcodes_[i];
    }
    for (std::size_t i = 0; i < sizes_.size(); ++i) sizes_[i] += other.sizes_[i];
    for (std::size_t i = 0; i < profile_.size(); ++i) profile_[i] += other.profile_[i];
    if (contig_fragments_.size() < other.contig_fragments_.size())
        contig_fragments_.resize(other.contig_fragments_.size());
    for (std::size_t i = 0; i < other.contig_fragments_.size(); ++i)
        contig_fragments_[i] += other.contig_fragments_[i];
    beyond_end_ += other.beyond_end_;
}

}  // namespace epi
