#include "pipeline/peaks.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "store/feature_counts.hpp"
#include "store/hdf5_library.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

// The peaks of a BED file, or those that a count matrix has as features.
IntervalSet read_peaks(const fs::path& input) {
    if (input == "-" || (!fs::is_directory(input) && !is_hdf5_file(input))) return read_bed(input);
    IntervalSet set;
    for (const auto& feature : read_feature_counts(input, FeatureKind::Peaks).features)
        add_interval_named(set, feature.name, input.string());
    return set;
}

IntervalSet read_all_peaks(const std::vector<fs::path>& inputs) {
    IntervalSet all;
    for (const auto& input : inputs) {
        const auto set = read_peaks(input);
        for (const auto& peak : set.intervals)
            all.intervals.push_back(
                {all.chromosomes.add(set.chromosomes.name(peak.chrom)), peak.start, peak.end});
    }
    return all;
}

std::string summary(const CleanPeaks& clean) {
    const auto n = [](std::size_t number) { return with_commas(static_cast<std::int64_t>(number)); };
    std::string text = n(clean.peaks.size()) + " peaks of " + n(clean.read) + ": " + n(clean.nonstandard) +
                       " not on chromosomes 1-22, X, Y, " + n(clean.blacklisted) + " blacklisted, " +
                       n(clean.merged) + " merged into others";
    if (clean.unknown > 0) text += ", " + n(clean.unknown) + " on chromosomes without a size";
    if (clean.trimmed > 0) text += "; " + n(clean.trimmed) + " cut at their chromosome's end";
    return text;
}

std::string as_bed(const IntervalSet& set) {
    std::string text;
    for (const auto& peak : set.intervals)
        text += set.chromosomes.name(peak.chrom) + "\t" + std::to_string(peak.start) + "\t" +
                std::to_string(peak.end) + "\n";
    return text;
}

}  // namespace

CleanPeaks peaks(const PeaksOptions& options, const RunContext& context) {
    const fs::path record_path = options.output.string() + ".json";
    refuse_existing(options.output, context.force);
    refuse_existing(record_path, context.force);
    const auto called = read_all_peaks(options.inputs);
    std::optional<Chromosomes> sizes;
    std::optional<IntervalSet> blacklist;
    if (!options.chrom_sizes.empty()) sizes = read_chrom_sizes(options.chrom_sizes);
    if (!options.blacklist.empty()) blacklist = read_bed(options.blacklist);
    const auto place =
        options.inputs.size() == 1 ? options.inputs[0].string() : options.inputs[0].string() + " and others";
    auto clean = clean_peaks(called, sizes, blacklist, place);

    Provenance provenance("peaks", nlohmann::ordered_json::object(), context);
    for (const auto& input : options.inputs) provenance.add_input(input);
    for (const auto& input : {options.chrom_sizes, options.blacklist})
        if (!input.empty()) provenance.add_input(input);
    auto record = provenance.full();
    record["peaks"] = {{"read", clean.read},
                       {"kept", clean.peaks.size()},
                       {"nonstandard", clean.nonstandard},
                       {"without_chromosome_size", clean.unknown},
                       {"blacklisted", clean.blacklisted},
                       {"merged", clean.merged},
                       {"trimmed", clean.trimmed}};
    record["identity"] = identity_of_names(clean.peaks.names());
    write_json(record, record_path, context.force);
    write_file(options.output, as_bed(clean.peaks), context.force);
    context.note(summary(clean));
    return clean;
}

}  // namespace epi
