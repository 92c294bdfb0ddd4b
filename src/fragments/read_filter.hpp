#pragma once
#include <cstdint>
#include <string_view>

#include "io/alignment_reader.hpp"

namespace epi {

// What becomes of a read; the first that fits, in this order.
enum class ReadFate : std::uint8_t {
    Kept,
    Unmapped,
    Secondary,      // or supplementary
    QualityFailed,  // by the sequencer's own filter
    NoBarcode,
    MarkedDuplicate,
    LowMapq,
    Unpaired,
    MateUnmapped,  // or on another contig
    ImproperPair,
    Mitochondrial,
};
inline constexpr std::size_t kReadFates = 11;

// "unmapped", ... as the record of the output names it.
std::string_view name_of(ReadFate fate);

struct ReadFilter {
    int min_mapq = 30;
    bool single_end = false;  // every read by itself; else both mates are needed
    bool improper_pairs = false;
    bool drop_marked_duplicates = false;
};

// `mitochondrial`: the read lies on a contig to leave out.
ReadFate judge(const Alignment& read, bool has_barcode, bool mitochondrial, const ReadFilter& filter);

}  // namespace epi
