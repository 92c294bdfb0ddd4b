#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "genome/chromosomes.hpp"

namespace epi {

// [start, end), 0-based, on a chromosome of some Chromosomes.
struct Interval {
    std::uint32_t chrom = 0;
    std::int64_t start = 0, end = 0;
    friend bool operator==(const Interval&, const Interval&) = default;
};

// An ordered set of intervals with the chromosomes they refer to: peaks, a blacklist. The order is the row or
// column order of every matrix made from it; intervals may overlap, touch and repeat unless a function says
// otherwise.
struct IntervalSet {
    Chromosomes chromosomes;
    std::vector<Interval> intervals;

    std::size_t size() const { return intervals.size(); }
    // "chr1:9790-10675", 0-based half-open.
    std::string name(std::size_t i) const;
    std::vector<std::string> names() const;
};

// "chr1:9790-10675", "chr1-9790-10675" or "chr1_9790_10675" (the last two numbers are taken; names with these
// signs inside work); 0-based half-open in any case. Adds the chromosome to `set`. InputError with `place` if
// it is none.
void add_interval_named(IntervalSet& set, std::string_view name, std::string_view place);
// All of these, in order.
IntervalSet intervals_named(std::span<const std::string> names, std::string_view place);

// BED of three or more columns (narrowPeak too), plain or gzip; '#', 'track', 'browser' lines are skipped;
// the order is kept. InputError naming the line: fewer columns, letters in a coordinate, end not after start;
// a file without any interval.
IntervalSet read_bed(const std::filesystem::path& path);

// Identity of a peak set: SHA-256 of its names, one a line, in order.
std::string identity_of_names(const std::vector<std::string>& names);

}  // namespace epi
