#include "fragments/read_filter.hpp"

#include <array>

namespace epi {

std::string_view name_of(ReadFate fate) {
    constexpr std::array<std::string_view, kReadFates> kNames{
        "kept",           "unmapped",        "secondary_or_supplementary",
        "quality_failed", "without_barcode", "marked_duplicate",
        "low_mapq",       "unpaired",        "mate_elsewhere",
        "improper_pair",  "mitochondrial"};
    return kNames[static_cast<std::size_t>(fate)];
}

ReadFate judge(const Alignment& read, bool has_barcode, bool mitochondrial, const ReadFilter& filter) {
    if (read.has(kUnmapped) || read.contig < 0) return ReadFate::Unmapped;
    if (read.has(kSecondary | kSupplementary)) return ReadFate::Secondary;
    if (read.has(kQualityFailed)) return ReadFate::QualityFailed;
    if (!has_barcode) return ReadFate::NoBarcode;
    if (filter.drop_marked_duplicates && read.has(kMarkedDuplicate)) return ReadFate::MarkedDuplicate;
    if (read.mapq < filter.min_mapq) return ReadFate::LowMapq;
    if (!filter.single_end) {
        if (!read.has(kPaired)) return ReadFate::Unpaired;
        if (read.has(kMateUnmapped) || read.mate_contig != read.contig) return ReadFate::MateUnmapped;
        if (!filter.improper_pairs && !read.has(kProperPair)) return ReadFate::ImproperPair;
    }
    if (mitochondrial) return ReadFate::Mitochondrial;
    return ReadFate::Kept;
}

}  // namespace epi
