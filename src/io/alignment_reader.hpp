#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace epi {

// Bits of a read's flags, as the SAM format numbers them.
enum AlignmentFlag : std::uint16_t {
    kPaired = 0x1,
    kProperPair = 0x2,
    kUnmapped = 0x4,
    kMateUnmapped = 0x8,
    kReverseStrand = 0x10,
    kFirstOfPair = 0x40,
    kSecondOfPair = 0x80,
    kSecondary = 0x100,
    kQualityFailed = 0x200,
    kMarkedDuplicate = 0x400,
    kSupplementary = 0x800,
};

// One read as it is aligned. Coordinates are 0-based half-open; contigs are numbers in the file's own list,
// -1 for none.
struct Alignment {
    std::string_view name;  // valid until the next batch is read
    std::uint16_t flags = 0;
    std::uint8_t mapq = 0;
    std::int32_t contig = -1, mate_contig = -1;
    std::int64_t start = -1, end = -1, mate_start = -1;
    std::int64_t unclipped_start = -1, unclipped_end = -1;  // with the bases clipped from either end
    std::uint32_t quality = 0;  // sum of the base qualities of at least 15, as duplicates are scored by

    bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
};

// The reads of a SAM, BAM or CRAM file in any order, in batches; what it is is told by its content. CRAM
// needs no reference, as bases are not looked at. InputError: missing, none of these formats, without
// contigs or with names that are none, truncated (a BAM file without its end is refused at once) or corrupt.
class AlignmentReader {
  public:
    // "-" is standard input.
    explicit AlignmentReader(const std::filesystem::path& path);
    ~AlignmentReader();
    AlignmentReader(const AlignmentReader&) = delete;
    AlignmentReader& operator=(const AlignmentReader&) = delete;

    // Names and lengths, in the order of the file's header.
    const std::vector<std::pair<std::string, std::int64_t>>& contigs() const { return contigs_; }

    // Reads the next `n` reads at most; returns how many, 0 at the end.
    std::size_t read(std::size_t n);
    // Of the batch; safe to call from several threads.
    Alignment operator[](std::size_t i) const;
    // The value of a tag that holds text or one letter, e.g. "CB"; valid until the next batch is read.
    std::optional<std::string_view> tag(std::size_t i, std::string_view name) const;
    // The names of all tags of a read.
    std::vector<std::string> tags(std::size_t i) const;

  private:
    struct File;
    std::unique_ptr<File> file_;
    std::vector<std::pair<std::string, std::int64_t>> contigs_;
};

}  // namespace epi
