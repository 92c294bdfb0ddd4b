#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "genome/known_genomes.hpp"
#include "qc/tss_index.hpp"

namespace epi {

// The mean of cuts per position at -50 ... 50 of a profile, over that of its outer hundreds; 0 without cuts
// in these.
double pooled_tss_enrichment(const TssIndex::Profile& profile);
// Cuts at -50 ... 50.
std::int64_t cuts_at_starts(const TssIndex::Profile& profile);

// How well fragments lie on a genome that the program knows.
class GenomeFit {
  public:
    GenomeFit(std::string name, const KnownGenome& genome);

    void add(std::string_view chrom, std::int32_t start, std::int32_t end);
    const std::string& name() const { return name_; }
    const TssIndex::Profile& profile() const { return profile_; }
    // Of those on its chromosomes: fragments, and those that end behind their chromosome.
    std::int64_t fragments() const { return fragments_; }
    std::int64_t beyond_end() const { return beyond_end_; }

  private:
    std::string name_;
    Chromosomes chromosomes_;
    TssIndex sites_;
    TssIndex::Profile profile_{};
    std::int64_t fragments_ = 0, beyond_end_ = 0;
    std::string last_;  // name looked up
    std::optional<std::uint32_t> last_id_;
};

}  // namespace epi
