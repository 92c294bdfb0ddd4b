#include "genome/chromosomes.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/line_reader.hpp"

namespace epi {

std::uint32_t Chromosomes::add(std::string_view name, std::int64_t length) {
    const auto [found, added] = ids_.try_emplace(std::string(name), static_cast<std::uint32_t>(size()));
    if (added) {
        names_.emplace_back(name);
        lengths_.push_back(length);
    } else {
        lengths_[found->second] = std::max(lengths_[found->second], length);
    }
    return found->second;
}

std::optional<std::uint32_t> Chromosomes::find(std::string_view name) const {
    const auto found = ids_.find(std::string(name));
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

Chromosomes read_chrom_sizes(const std::filesystem::path& path) {
    LineReader lines(path);
    return read_chrom_sizes(lines);
}

Chromosomes read_chrom_sizes(LineReader& lines) {
    Chromosomes chromosomes;
    for (std::string_view line; lines.next(line);) {
        if (line.empty() || line.front() == '#') continue;
        const auto fields = split(line);
        const auto length = fields.size() < 2 ? std::nullopt : parse_number<std::int64_t>(fields[1]);
        if (!length || *length <= 0 || fields[0].empty())
            throw InputError(lines.place(), "this is not a chromosome with its length",
                             "the file needs two tab-separated columns: name and length in bp");
        if (chromosomes.find(fields[0]))
            throw InputError(lines.place(), "chromosome '" + std::string(fields[0]) + "' is there twice",
                             "keep one of the two lines");
        chromosomes.add(fields[0], *length);
    }
    if (chromosomes.size() == 0)
        throw InputError(lines.source().name(), "there is no chromosome in it",
                         "give a file with two tab-separated columns: name and length in bp");
    return chromosomes;
}

bool is_standard_chromosome(std::string_view name) {
    if (name.starts_with("chr")) name.remove_prefix(3);
    if (name == "X" || name == "Y") return true;
    if (name.empty() || name.front() == '0') return false;
    const auto number = parse_number<int>(name);
    return number && *number >= 1 && *number <= 22;
}

bool is_mitochondrial(std::string_view name) {
    auto lower = to_lower(name);
    if (lower.starts_with("chr")) lower.erase(0, 3);
    return lower == "m" || lower == "mt";
}

}  // namespace epi
