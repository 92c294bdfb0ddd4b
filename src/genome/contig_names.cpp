#include "genome/contig_names.hpp"

#include "core/error.hpp"

namespace epi {
namespace {

// Scaffolds often carry the same name in both styles, so they say nothing of the style.
bool tells_style(std::string_view name) {
    return is_standard_chromosome(name) || is_mitochondrial(name);
}

}  // namespace

std::string other_chromosome_style(std::string_view name) {
    if (name == "MT") return "chrM";
    if (name == "chrM") return "MT";
    if (name.starts_with("chr")) return std::string(name.substr(3));
    return "chr" + std::string(name);
}

std::uint32_t ContigNames::id(std::string_view name, std::string_view place) {
    if (const auto found = known_.find(std::string(name)); found != known_.end()) return found->second;
    const auto mixed = [&](std::string_view as) {
        return InputError(place,
                          "'" + std::string(name) + "' is a second way of naming chromosomes here, after '" +
                              std::string(as) + "'",
                          "name all chromosomes in one style: chr1, chr2 ... or 1, 2 ...");
    };
    auto id = chromosomes_.find(name);
    const bool exact = id && *id < reference_size_;
    if (exact && tells_style(name)) {
        if (style_ == Style::Other) throw mixed(renamed_.front().first);
        style_ = Style::AsReference;
    }
    if (!exact && style_ != Style::AsReference) {
        const auto other = chromosomes_.find(other_chromosome_style(name));
        if (other && *other < reference_size_) {
            if (taken_[*other]) throw mixed(chromosomes_.name(*other));
            id = other;
            style_ = Style::Other;
            renamed_.emplace_back(name, chromosomes_.name(*other));
        }
    }
    if (!id) id = chromosomes_.add(name);
    if (*id < reference_size_) taken_[*id] = true;
    known_.emplace(name, *id);
    return *id;
}

}  // namespace epi
