#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace epi {

class LineReader;

// The largest coordinate that a file may hold: 32 bits with room for windows around it.
inline constexpr std::int64_t kMaxCoordinate = (std::int64_t{1} << 31) - (1 << 20);

// Chromosome names with their lengths, in a fixed order; ids are 0 .. size()-1 in that order.
class Chromosomes {
  public:
    // Returns the id; the same id again if the name is known (its length becomes the larger of the two).
    std::uint32_t add(std::string_view name, std::int64_t length = 0);
    std::optional<std::uint32_t> find(std::string_view name) const;
    const std::string& name(std::uint32_t id) const { return names_[id]; }
    // In bp; 0 where it is not known.
    std::int64_t length(std::uint32_t id) const { return lengths_[id]; }
    std::size_t size() const { return names_.size(); }
    const std::vector<std::string>& names() const { return names_; }

  private:
    std::vector<std::string> names_;
    std::vector<std::int64_t> lengths_;
    std::unordered_map<std::string, std::uint32_t> ids_;
};

// Two columns, name and length; without header. InputError naming the line.
Chromosomes read_chrom_sizes(const std::filesystem::path& path);
Chromosomes read_chrom_sizes(LineReader& lines);

// chr1-chr22, chrX, chrY (with or without "chr"), and the mouse's chr1-chr19: the chromosomes a model is made
// of.
bool is_standard_chromosome(std::string_view name);
// chrM, MT, M, Mt in any case.
bool is_mitochondrial(std::string_view name);

}  // namespace epi
