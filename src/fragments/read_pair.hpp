#pragma once
#include <cstdint>
#include <tuple>

namespace epi {

// A sequenced piece of DNA (two mates, or one read of a single-end run) and those equal to it. Coordinates
// are borders between bases, 0-based.
struct ReadPair {
    std::uint32_t contig = 0, barcode = 0;
    std::int32_t left = 0, right = 0;  // of the 5' ends with their clipped bases: what makes pairs equal
    std::int32_t start = 0, end = 0;   // of the aligned bases
    std::uint32_t left_quality = 0, right_quality = 0;  // of the reads that `start` and `end` are from
    std::uint32_t count = 1;                            // equal pairs
    char strand = '.';                                  // '+' or '-' of a single read

    auto place() const { return std::tuple(contig, left, right, barcode, strand); }
};

// What stands behind the place matters only where equal pairs are kept: their order is always the same.
struct ByPlace {
    bool operator()(const ReadPair& a, const ReadPair& b) const {
        return std::tuple(a.place(), a.start, a.end) < std::tuple(b.place(), b.start, b.end);
    }
};

// Pairs at the same place, 5' ends with clipped bases (as Picard MarkDuplicates and SnapATAC2 have it), are
// one. Each end of it is that of the read with the best base qualities, among equal ones the outermost: only
// aligned bases tell where a molecule ends in the genome. That is SnapATAC2's rule (make_fragment_file) too,
// which leaves open what is taken among equal qualities.
struct JoinEqualPairs {
    bool collapse = true;

    bool operator()(ReadPair& pair, const ReadPair& other) const {
        if (!collapse || pair.place() != other.place()) return false;
        pair.count += other.count;
        if (std::tuple(other.left_quality, -other.start) > std::tuple(pair.left_quality, -pair.start)) {
            pair.left_quality = other.left_quality;
            pair.start = other.start;
        }
        if (std::tuple(other.right_quality, other.end) > std::tuple(pair.right_quality, pair.end)) {
            pair.right_quality = other.right_quality;
            pair.end = other.end;
        }
        return true;
    }
};

}  // namespace epi
