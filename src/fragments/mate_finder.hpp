#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fragments/sorted_runs.hpp"

namespace epi {

// 128 bits that stand for a read's name in file number `file`: two names with the same ones are not to be
// expected among all reads ever sequenced.
using ReadName = std::array<std::uint64_t, 2>;
ReadName read_name(std::string_view name, std::size_t file);

// What is kept of a read until its mate is met.
struct ReadEnd {
    ReadName name{};
    std::int32_t contig = 0;
    std::int32_t start = 0, mate_start = 0;  // of the alignments, as the file says
    std::int32_t cut = 0;                    // the 5' end with its clipped bases: a border, 0-based
    std::int32_t edge = 0;                   // the same of the aligned bases
    std::uint32_t quality = 0, barcode = 0;
    bool reverse = false, second = false;
};

// Brings the two reads of a pair together, in whatever order they come, by name. What waits for its mate lies
// in memory as far as that is given, else on the disk.
class MateFinder {
  public:
    // `met` is called for each pair with the first and the second read.
    MateFinder(std::uint64_t memory_bytes, std::function<void(const ReadEnd&, const ReadEnd&)> met)
        : memory_bytes_(memory_bytes), met_(std::move(met)) {}

    // Nothing, or what is wrong with the read that was met and its mate.
    using Problem = std::optional<std::string>;
    [[nodiscard]] Problem add(const ReadEnd& end);
    // No more reads come: pairs those on the disk.
    [[nodiscard]] Problem finish();
    // Reads whose mate never came.
    std::int64_t alone() const { return alone_; }

  private:
    struct Hash {
        std::size_t operator()(const ReadName& name) const { return name[0]; }
    };
    Problem match(const ReadEnd& one, const ReadEnd& other);
    void spill();

    std::uint64_t memory_bytes_;
    std::function<void(const ReadEnd&, const ReadEnd&)> met_;
    std::unordered_map<ReadName, ReadEnd, Hash> waiting_;
    SortedRuns<ReadEnd> runs_;
    std::int64_t alone_ = 0;
};

}  // namespace epi
