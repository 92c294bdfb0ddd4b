#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "fragments/fragment_batch.hpp"
#include "qc/tss_index.hpp"

namespace epi {

// Lengths from 0 to this have a count of their own; longer fragments are counted together behind them.
inline constexpr int kLongestFragment = 1000;

// `nucleosome_free` is shorter than the first, `mononucleosomal` lies between the two, both strictly.
inline constexpr std::int32_t kNucleosome = 147, kTwoNucleosomes = 294;

// What is counted for one barcode. `nucleosome_free` is shorter than 147 bp, `mononucleosomal` is longer than
// 147 and shorter than 294, as Signac's CountFragments has them. One line of a processor's cache.
struct alignas(64) BarcodeCounts {
    std::uint64_t reads = 0;          // sum of column 5
    std::uint64_t peak_overlaps = 0;  // a fragment counts once in each peak it overlaps
    std::uint32_t fragments = 0, mitochondrial = 0, nucleosome_free = 0, mononucleosomal = 0;
    std::uint32_t tss_centre = 0, tss_flank = 0, blacklist = 0, promoter = 0;
    std::uint32_t in_peaks = 0;         // fragments that overlap at least one peak
    std::uint32_t peak_insertions = 0;  // cuts (start and end - 1, so 0-2 a fragment) that lie in any peak

    BarcodeCounts& operator+=(const BarcodeCounts& other);
};

// mononucleosomal / nucleosome_free over all fragments of the barcode; infinite or not a number over zero.
double nucleosome_signal(const BarcodeCounts& counts);
// 1 - fragments / reads.
double duplicate_rate(const BarcodeCounts& counts);

// Where quality is counted: TSSs and blacklist.
struct QcRegions {
    TssIndex sites;
    IntervalIndex blacklist;
};

// Counts the quality of every barcode, and of the whole sample, from batches of fragments.
class FragmentQc {
  public:
    // `regions` must outlive this.
    explicit FragmentQc(const QcRegions& regions)
        : regions_(&regions), sites_(regions.sites.walk()), blacklist_(regions.blacklist) {}

    // The batch must know how its fragments meet the peaks.
    void consume(const FragmentBatch& batch);
    // Adds what another has counted; its barcode b is id_of[b] here.
    void add(const FragmentQc& other, std::span<const std::uint32_t> id_of);

    // By barcode number; may be shorter than the number of barcodes.
    const std::vector<BarcodeCounts>& barcodes() const { return barcodes_; }
    // Fragments by length: 0, 1, ..., kLongestFragment, longer.
    const std::array<std::int64_t, kLongestFragment + 2>& sizes() const { return sizes_; }
    const TssIndex::Profile& tss_profile() const { return profile_; }
    // Fragments by contig number; may be shorter than the number of contigs.
    const std::vector<std::int64_t>& contig_fragments() const { return contig_fragments_; }
    // Fragments that end behind the end of their chromosome, where its length is known.
    std::int64_t beyond_end() const { return beyond_end_; }

  private:
    void make_room(std::size_t barcodes);
    void count_lengths(const FragmentBatch& batch);
    void count_blacklisted(const FragmentBatch& batch);
    void count_sites(const FragmentBatch& batch);

    const QcRegions* regions_;
    IntervalWalk sites_, blacklist_;
    std::vector<BarcodeCounts> barcodes_;
    std::array<std::int64_t, kLongestFragment + 2> sizes_{};
    TssIndex::Profile profile_{};
    std::vector<std::int64_t> contig_fragments_;
    std::int64_t beyond_end_ = 0;
};

}  // namespace epi
