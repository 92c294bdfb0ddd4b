#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "genome/interval_walk.hpp"

namespace epi {

// A transcription start site: 0-based position; `reverse` on the minus strand.
struct Tss {
    std::uint32_t chrom = 0;
    std::int64_t position = 0;
    bool reverse = false;
};

// Half-width of the profile around each TSS.
inline constexpr int kTssProfile = 1000;

// What one fragment adds to its cell's TSS counts, over all TSSs.
struct TssHits {
    std::uint32_t centre = 0, flank = 0;  // insertions in the windows of tss_enrichment.hpp
    bool promoter = false;                // overlaps TSS -2000/+500: on '+' [t-2000, t+500), mirrored on '-'

    bool any() const { return (centre | flank) != 0 || promoter; }
};

// Counts as Signac's TSSEnrichment(fast = TRUE), with its quirks: with t = position + 1, a window [S, E]
// (1-based closed: t-500..t+500, and the flanks t-1000..t-901 and t+901..t+1000) counts each of the two
// numbers x of a fragment's row (start, end) with S+2 <= x <= E+2 if start < E. A bound that falls below 0 is
// one higher.
class TssIndex {
  public:
    using Profile = std::array<std::int64_t, 2 * kTssProfile + 1>;

    TssIndex() = default;
    TssIndex(std::vector<Tss> sites, std::size_t chromosomes);

    // Adds the fragment's cuts (start and end - 1, along the gene's strand) to `profile` as well.
    TssHits count(std::uint32_t chrom, std::int32_t start, std::int32_t end, Profile& profile) const;
    // The same with a walk() that goes from fragment to fragment.
    TssHits count(IntervalWalk& walk, std::uint32_t chrom, std::int32_t start, std::int32_t end,
                  Profile& profile) const {
        TssHits hits;
        walk.overlaps(chrom, start, end + 1, [&](const IntervalIndex::Entry& entry) {
            add(sites_[entry.id], start, end, hits, profile);
        });
        return hits;
    }
    IntervalWalk walk() const { return IntervalWalk(index_); }
    std::size_t size() const { return sites_.size(); }

  private:
    static void add(const Tss& site, std::int32_t start, std::int32_t end, TssHits& hits, Profile& profile);

    std::vector<Tss> sites_;
    IntervalIndex index_;
};

}  // namespace epi
