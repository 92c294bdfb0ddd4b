// The readers of SAM, BAM and CRAM, and what pairs their reads: any bytes give reads that can be looked at or
// an InputError, and mates meet each other whatever the memory.
#include <vector>

#include "core/error.hpp"
#include "core/name.hpp"
#include "fragments/barcode_finder.hpp"
#include "fragments/mate_finder.hpp"
#include "fragments/read_filter.hpp"
#include "fuzz/memory_file.hpp"
#include "io/alignment_reader.hpp"
#include "io/bgzf_blocks.hpp"

namespace {

using namespace epi;

constexpr std::size_t kMostReads = 2000;

// What is found of the reads with so much memory.
struct Found {
    std::size_t pairs = 0;
    std::int64_t alone = 0;
    bool problem = false;
    bool operator==(const Found&) const = default;
};

Found pair_up(const std::vector<ReadEnd>& ends, std::uint64_t memory) {
    Found found;
    MateFinder finder(memory, [&](const ReadEnd& first, const ReadEnd& second) {
        fuzz::require(first.name == second.name && !first.second && second.second);
        ++found.pairs;
    });
    for (const auto& end : ends) found.problem |= finder.add(end).has_value();
    found.problem |= finder.finish().has_value();
    found.alone = finder.alone();
    return found;
}

ReadEnd end_of(const Alignment& read) {
    ReadEnd end;
    end.name = read_name(read.name, 0);
    end.contig = read.contig;
    end.start = static_cast<std::int32_t>(read.start);
    end.mate_start = static_cast<std::int32_t>(read.mate_start);
    end.second = read.has(kSecondOfPair);
    return end;
}

void look_at(const AlignmentReader& reads, std::size_t i, const BarcodeFinder& finder,
             std::vector<ReadEnd>& ends) {
    const auto read = reads[i];
    const auto contigs = static_cast<std::int32_t>(reads.contigs().size());
    fuzz::require(read.contig >= -1 && read.contig < contigs && read.mate_contig < contigs);
    fuzz::require(read.unclipped_start <= read.start && read.unclipped_end >= read.end);
    const auto barcode = finder.find(reads, i);
    fuzz::require(!barcode || can_be_a_name(*barcode));
    for (const auto& tag : reads.tags(i)) fuzz::require(tag.size() <= 2);
    ReadFilter filter;
    filter.min_mapq = 0;
    filter.improper_pairs = true;
    if (judge(read, barcode.has_value(), false, filter) != ReadFate::Kept) return;
    fuzz::require(read.contig >= 0 && read.contig == read.mate_contig);
    ends.push_back(end_of(read));
}

void read_all(std::string_view bytes, const BarcodeFinder& finder) {
    const fuzz::MemoryFile file(bytes);
    std::vector<ReadEnd> ends;
    try {
        AlignmentReader reads(file.path());
        for (const auto& [name, length] : reads.contigs()) fuzz::require(can_be_a_name(name) && length >= 0);
        std::size_t seen = 0;
        for (std::size_t n = 0; seen < kMostReads && (n = reads.read(7)) > 0; seen += n)
            for (std::size_t i = 0; i < n; ++i) look_at(reads, i, finder, ends);
    } catch (const InputError&) {
    }
    const auto found = pair_up(ends, 1U << 30), spilled = pair_up(ends, 0);
    fuzz::require(found.problem == spilled.problem && (found.problem || found == spilled));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const BarcodeFinder in_tag("CB", ""), in_name("", "^([ACGT]+)");
    if (size < 2) return 0;
    const auto& finder = (data[0] & 1) != 0 ? in_tag : in_name;
    const auto rest = fuzz::text_of(data + 1, size - 1);
    // As they come; packed; and packed behind a header of two contigs, so that they are reads.
    switch (data[0] / 2 % 3) {
        case 0:
            read_all(rest, finder);
            break;
        case 1:
            read_all(bgzf_compress(rest) + std::string(bgzf_end()), finder);
            break;
        default: {
            constexpr std::string_view kHeader(
                "BAM\1\0\0\0\0\2\0\0\0\2\0\0\0a\0\350\3\0\0\2\0\0\0b\0\350\3\0\0", 32);
            read_all(bgzf_compress(std::string(kHeader).append(rest)) + std::string(bgzf_end()), finder);
        }
    }
    return 0;
}
