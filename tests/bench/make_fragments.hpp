#pragma once
#include <cstdint>
#include <filesystem>

namespace epi::bench {

// A sample of the size of a real one, for measurements: barcodes of cells (log-normal depth) and many more of
// background, fragments in and out of peaks of a human-sized genome, sorted.
struct FragmentSample {
    std::int64_t rows = 32'000'000;  // about: equal rows are merged
    int cells = 8'000, background = 200'000, peaks = 150'000, genes = 20'000;
    std::uint64_t seed = 20260901;
};

// Writes fragments.tsv.gz (bgzip, level 6), peaks.bed and genes.tsv into the folder; the same bytes for a
// seed.
void make_fragments(const FragmentSample& sample, const std::filesystem::path& folder);

}  // namespace epi::bench
