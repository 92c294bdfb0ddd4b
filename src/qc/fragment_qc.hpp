#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "fragments/fragment_batch.hpp"
#include "genome/chromosomes.hpp"
#include "qc/tss_index.hpp"

namespace epi {

// Lengths from 0 to this have a count of their own; longer fragments are counted together behind them.
inline constexpr int kLongestFragment = 1000;

// What is counted for one barcode. `nucleosome_free` is shorter than 147 bp, `mononucleosomal` is longer than
// 147 and shorter than 294, as Signac's CountFragments has them.
struct BarcodeCounts {
    std::uint64_t reads = 0;  // sum of column 5
    std::uint64_t tss_centre = 0, tss_flank = 0;
    std::uint32_t fragments = 0, mitochondrial = 0, nucleosome_free = 0, mononucleosomal = 0;
    std::uint32_t blacklist = 0, promoter = 0;
};

// mononucleosomal / nucleosome_free over all fragments of the barcode; infinite or not a number over zero.
double nucleosome_signal(const BarcodeCounts& counts);
// 1 - fragments / reads.
double duplicate_rate(const BarcodeCounts& counts);

// Counts the quality of every barcode, and of the whole sample, from batches of fragments.
class FragmentQc {
  public:
    // `contigs`: those that the first batch starts with; later ones come with the batches.
    FragmentQc(TssIndex sites, IntervalIndex blacklist, const Chromosomes& contigs);

    void consume(const FragmentBatch& batch);

    // By barcode number; shorter than the number of barcodes where the last ones have no fragment.
    const std::vector<BarcodeCounts>& barcodes() const { return barcodes_; }
    // Barcode numbers in order of their first fragment.
    const std::vector<std::uint32_t>& order() const { return order_; }
    // Fragments by length: 0, 1, ..., kLongestFragment, longer.
    const std::array<std::int64_t, kLongestFragment + 2>& sizes() const { return sizes_; }
    const TssIndex::Profile& tss_profile() const { return profile_; }
    // Fragments by contig number.
    const std::vector<std::int64_t>& contig_fragments() const { return contig_fragments_; }
    // Fragments that end behind the end of their chromosome, where its length is known.
    std::int64_t beyond_end() const { return beyond_end_; }

  private:
    TssIndex sites_;
    IntervalIndex blacklist_;
    std::vector<BarcodeCounts> barcodes_;
    std::vector<std::uint32_t> order_;
    std::array<std::int64_t, kLongestFragment + 2> sizes_{};
    TssIndex::Profile profile_{};
    std::vector<std::int64_t> contig_fragments_, contig_lengths_;
    std::vector<char> mitochondrial_;  // by contig
    std::int64_t beyond_end_ = 0;
};

}  // namespace epi
