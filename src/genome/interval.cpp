#include "genome/interval.hpp"

#include <array>
#include <charconv>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/checksum.hpp"
#include "io/line_reader.hpp"

namespace epi {
namespace {

bool is_bed_comment(std::string_view line) {
    const auto is_word = [line](std::string_view word) {
        return line.starts_with(word) &&
               (line.size() == word.size() || line[word.size()] == ' ' || line[word.size()] == '\t');
    };
    return line.empty() || line.front() == '#' || is_word("track") || is_word("browser");
}

}  // namespace

std::string IntervalSet::name(std::size_t i) const {
    const auto& interval = intervals[i];
    std::array<char, 48> text;
    char* at = text.data();
    *at++ = ':';
    at = std::to_chars(at, at + 20, interval.start).ptr;
    *at++ = '-';
    at = std::to_chars(at, at + 20, interval.end).ptr;
    const auto& chromosome = chromosomes.name(interval.chrom);
    std::string result;
    result.reserve(chromosome.size() + static_cast<std::size_t>(at - text.data()));
    return result.append(chromosome).append(text.data(), at);
}

std::vector<std::string> IntervalSet::names() const {
    std::vector<std::string> result;
    result.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) result.push_back(name(i));
    return result;
}

void add_interval_named(IntervalSet& set, std::string_view name, std::string_view place) {
    const auto dash = name.find_last_of("-_");
    const auto before = dash == std::string_view::npos || dash == 0 ? std::string_view::npos
                                                                    : name.find_last_of(":-_", dash - 1);
    if (before != std::string_view::npos && before > 0) {
        const auto start = parse_number<std::int64_t>(name.substr(before + 1, dash - before - 1));
        const auto end = parse_number<std::int64_t>(name.substr(dash + 1));
        if (start && end && *start >= 0 && *end > *start && *end <= kMaxCoordinate) {
            const auto chromosome = name.substr(0, before);
            // Mostly that of the interval before.
            const bool same =
                !set.intervals.empty() && set.chromosomes.name(set.intervals.back().chrom) == chromosome;
            set.intervals.push_back(
                {same ? set.intervals.back().chrom : set.chromosomes.add(chromosome), *start, *end});
            return;
        }
    }
    throw InputError(place, "'" + std::string(name) + "' is not the name of an interval",
                     "intervals are named chr1:9790-10675, 0-based half-open");
}

IntervalSet intervals_named(std::span<const std::string> names, std::string_view place) {
    IntervalSet set;
    set.intervals.reserve(names.size());
    for (const auto& name : names) add_interval_named(set, name, place);
    return set;
}

IntervalSet read_bed(const std::filesystem::path& path) {
    LineReader lines(path);
    IntervalSet set;
    for (std::string_view line; lines.next(line);) {
        if (is_bed_comment(line)) continue;
        const auto fields = split(line);
        if (fields.size() < 3 || fields[0].empty())
            throw InputError(lines.place(),
                             std::to_string(fields.size()) + " columns where BED has at least three",
                             "the columns are chrom, start and end, separated by tabs");
        const auto start = parse_number<std::int64_t>(fields[1]);
        const auto end = parse_number<std::int64_t>(fields[2]);
        if (!start || !end || *start < 0)
            throw InputError(
                lines.place(),
                "'" + std::string(!start || *start < 0 ? fields[1] : fields[2]) + "' is not a coordinate",
                "columns 2 and 3 are start and end, whole numbers counted from 0");
        if (*end <= *start)
            throw InputError(
                lines.place(),
                "end (" + std::to_string(*end) + ") is not after start (" + std::to_string(*start) + ")",
                "BED is 0-based and half-open: end is at least start + 1");
        set.intervals.push_back({set.chromosomes.add(fields[0]), *start, *end});
    }
    if (set.size() == 0)
        throw InputError(lines.source().name(), "there is no interval in it",
                         "give a BED file with at least one line: chrom, start, end");
    return set;
}

std::string identity_of_names(const std::vector<std::string>& names) {
    Sha256 sha;
    for (const auto& name : names) {
        sha.update(name);
        sha.update("\n");
    }
    return sha.hex();
}

}  // namespace epi
