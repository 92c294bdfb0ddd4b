#include "fragments/fragment_line.hpp"

#include "core/name.hpp"
#include "core/text.hpp"
#include "genome/chromosomes.hpp"

namespace epi {
namespace {

constexpr std::string_view kColumns =
    "the columns are chrom, start, end, barcode and reads, separated by tabs";

// Digits up to the next tab, which is taken too; false for anything else, and for more than fits.
bool take_coordinate(const char*& at, const char* end, std::int32_t& value) {
    std::int64_t number = 0;
    const char* digit = at;
    for (; digit < end && *digit >= '0' && *digit <= '9'; ++digit) {
        number = number * 10 + (*digit - '0');
        if (number > kMaxCoordinate) return false;
    }
    if (digit == at || digit == end || *digit != '\t') return false;
    at = digit + 1;
    value = static_cast<std::int32_t>(number);
    return true;
}

// For a message: short, and without what a terminal cannot show.
std::string shown(std::string_view text) {
    std::string result = "'";
    for (const char c : text.substr(0, 40)) result += c >= ' ' && c <= '~' ? c : '?';
    return result + (text.size() > 40 ? "...'" : "'");
}

}  // namespace

bool parse_fragment(std::string_view line, FragmentLine& fragment) {
    fragment.chrom = take_field(line);
    const char* at = line.data();
    const char* const end = at + line.size();
    if (!take_coordinate(at, end, fragment.start) || !take_coordinate(at, end, fragment.end) ||
        fragment.end < fragment.start)
        return false;
    std::string_view rest(at, static_cast<std::size_t>(end - at));
    fragment.barcode = take_field(rest);
    fragment.reads = 1;
    if (!can_be_a_name(fragment.barcode) || !can_be_a_name(fragment.chrom)) return false;
    if (fragment.barcode.data() + fragment.barcode.size() == end) return true;
    const auto reads = parse_number<std::uint32_t>(take_field(rest));
    if (reads) fragment.reads = *reads;
    return reads.has_value();
}

FragmentLineProblem explain_bad_fragment(std::string_view line) {
    const auto fields = split(line);
    if (fields.size() < 4)
        return {std::to_string(fields.size()) + (fields.size() == 1 ? " column" : " columns") +
                    " where a fragment has at least four",
                std::string(kColumns)};
    for (const auto i : {1, 2}) {
        const auto number = parse_number<std::int64_t>(fields[i]);
        if (!number || *number < 0 || *number > kMaxCoordinate)
            return {shown(fields[i]) + " is not a coordinate",
                    "columns 2 and 3 are start and end, whole numbers from 0 to 2^31"};
    }
    if (*parse_number<std::int64_t>(fields[2]) < *parse_number<std::int64_t>(fields[1]))
        return {"end (" + std::string(fields[2]) + ") is before start (" + std::string(fields[1]) + ")",
                std::string(kColumns)};
    if (fields[0].empty() || fields[3].empty())
        return {fields[0].empty() ? "the chromosome is empty" : "the barcode is empty",
                std::string(kColumns)};
    for (const auto i : {0, 3}) {
        if (can_be_a_name(fields[i])) continue;
        const bool too_long = fields[i].size() > kMaxNameBytes;
        return {std::string(i == 0 ? "the chromosome " : "the barcode ") + shown(fields[i]) +
                    (too_long ? " is too long" : " holds bytes that are no text"),
                "check that the right file was given and is whole"};
    }
    return {shown(fields.size() > 4 ? fields[4] : line) + " is not a number of reads",
            "column 5 is the number of read pairs; leave it out where it is not known"};
}

}  // namespace epi
