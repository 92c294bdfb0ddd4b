#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace epi {

// One row of a fragment file; the views point into the line.
struct FragmentLine {
    std::string_view chrom, barcode;
    std::int32_t start = 0, end = 0;
    std::uint32_t reads = 1;
};

// Parses `chrom start end barcode [reads [anything ...]]`, separated by tabs. False if it is none.
bool parse_fragment(std::string_view line, FragmentLine& fragment);

// What is wrong with a line that parse_fragment refused, and what to do about it.
struct FragmentLineProblem {
    std::string problem, remedy;
};
FragmentLineProblem explain_bad_fragment(std::string_view line);

}  // namespace epi
