#include "fragments/barcode_finder.hpp"

#include <cctype>

#include "core/error.hpp"
#include "core/name.hpp"

namespace epi {

BarcodeFinder::BarcodeFinder(const std::string& tag, const std::string& regex) : tag_(tag) {
    const auto is = [&](std::size_t i, int (*kind)(int)) {
        return kind(static_cast<unsigned char>(tag[i])) != 0;
    };
    if (regex.empty()) {
        if (tag.size() != 2 || !is(0, std::isalpha) || !is(1, std::isalnum))
            throw UsageError("--barcode-tag", "'" + tag + "' is no tag: these have two letters",
                             "give CB, CR, BC or the like");
        return;
    }
    constexpr auto kRemedy = "give one with a group around the barcode, as in '^([ACGTN]+):'";
    try {
        regex_.emplace(regex, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error&) {
        throw UsageError("--barcode-regex", "'" + regex + "' is no regular expression", kRemedy);
    }
    if (regex_->mark_count() == 0)
        throw UsageError("--barcode-regex", "'" + regex + "' has no group", kRemedy);
}

std::optional<std::string_view> BarcodeFinder::find(const AlignmentReader& reads, std::size_t i) const {
    std::optional<std::string_view> found;
    if (regex_) {
        const auto name = reads[i].name;
        std::match_results<std::string_view::const_iterator> match;
        if (std::regex_search(name.begin(), name.end(), match, *regex_) && match[1].matched)
            found = name.substr(static_cast<std::size_t>(match.position(1)),
                                static_cast<std::size_t>(match.length(1)));
    } else {
        found = reads.tag(i, tag_);
    }
    if (found && !can_be_a_name(*found)) return std::nullopt;
    return found;
}

}  // namespace epi
