#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "genome/chromosomes.hpp"

namespace epi {

// "chr7" for "7" and "7" for "chr7"; "chrM" for "MT" and "MT" for "chrM".
std::string other_chromosome_style(std::string_view name);

// Gives the contigs of one input the ids of a reference's chromosomes, also where one says "chr1" and the
// other "1" throughout. A name that the reference has neither way gets a new id, at or above
// reference_size().
class ContigNames {
  public:
    explicit ContigNames(Chromosomes reference)
        : chromosomes_(std::move(reference)), reference_size_(chromosomes_.size()), taken_(reference_size_) {}

    // InputError with `place` if the input mixes both styles.
    std::uint32_t id(std::string_view name, std::string_view place);
    // The reference's chromosomes, then the new ones.
    const Chromosomes& chromosomes() const { return chromosomes_; }
    std::size_t reference_size() const { return reference_size_; }
    // The input names chromosomes as the reference does: its names that the reference has keep their ids.
    bool as_reference() const { return style_ == Style::AsReference; }
    // Name in the input and name in the reference, where they differ.
    const std::vector<std::pair<std::string, std::string>>& renamed() const { return renamed_; }

  private:
    enum class Style { NotSeen, AsReference, Other };

    Chromosomes chromosomes_;
    std::size_t reference_size_;
    std::vector<bool> taken_;
    Style style_ = Style::NotSeen;
    std::vector<std::pair<std::string, std::string>> renamed_;
    std::unordered_map<std::string, std::uint32_t> known_;
};

}  // namespace epi
