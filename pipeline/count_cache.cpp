#include "pipeline/count_cache.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "fragments/fragment_cache.hpp"
#include "fragments/fragment_cache_writer.hpp"
#include "io/atomic_output.hpp"
#include "pipeline/count_notes.hpp"

namespace epi {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFiles = "files";

ScanResult scan_into(FragmentCacheWriter& writer, const CountOptions& options, const RunContext& context,
                     bool one_stream) {
    ScanOptions scan{options.fragments, {}, {}, options.skip_bad_lines, {}};
    scan.text.allow_truncated = options.allow_truncated;
    scan.text.one_stream = one_stream;
    std::vector<FragmentSink*> sinks;
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(1, context.threads)); ++i)
        sinks.push_back(&writer.lane(i));
    auto result = scan_fragments(scan, sinks, context);
    writer.end_scan(result);
    return result;
}

}  // namespace

nlohmann::ordered_json sources_in(const Provenance& provenance, const CountOptions& options) {
    Json sources{{kFiles, Json::array()},
                 {"skip_bad_lines", options.skip_bad_lines},
                 {"allow_truncated", options.allow_truncated}};
    const auto inputs = provenance.stable().at("inputs");
    for (std::size_t i = 0; i < options.fragments.size(); ++i) sources[kFiles].push_back(inputs.at(i));
    return sources;
}

nlohmann::ordered_json take_from_cache(CountOptions& options) {
    if (options.fragments.empty() == options.from_cache.empty())
        throw UsageError("FRAGMENTS", "give fragment files or a cache of them, one of the two",
                         "give either FRAGMENTS or --from-cache FILE");
    if (!options.from_cache.empty()) options.fragments = {options.from_cache};
    const bool any = std::any_of(options.fragments.begin(), options.fragments.end(), is_fragment_cache);
    if (!any && options.from_cache.empty()) return nullptr;
    if (options.fragments.size() > 1)
        throw UsageError("FRAGMENTS", "a fragment cache is given beside other files",
                         "make one cache of all files of the sample with --cache");
    if (!options.cache.empty())
        throw UsageError("--cache", "the fragments are a cache already",
                         "copy " + options.fragments[0].string());
    const FragmentCache cache(options.fragments.front());
    const auto& sources = cache.directory().sources;
    try {
        options.skip_bad_lines = sources.at("skip_bad_lines").get<std::int64_t>();
        options.allow_truncated = sources.at("allow_truncated").get<bool>();
        return sources.at(kFiles);
    } catch (const Json::exception&) {
        throw_damaged_cache(cache.name(), "what it says of its files cannot be understood");
    }
}

CountResult write_cache_only(const CountOptions& options, const RunContext& context) {
    auto plain = options;
    take_from_cache(plain);  // refuses what cannot be made a cache of
    refuse_existing(options.cache, context.force);
    AtomicFile file(options.cache, context.force);
    auto writer = std::make_unique<FragmentCacheWriter>(options.cache, std::max(1, context.threads));
    ScanResult scan;
    try {
        scan = scan_into(*writer, options, context, false);
    } catch (const MixedGzipError&) {
        writer = std::make_unique<FragmentCacheWriter>(options.cache, std::max(1, context.threads));
        scan = scan_into(*writer, options, context, true);
    }
    tell_of_files(scan.files, scan.skipped, context);
    Provenance provenance("count", Json::object(), context);
    for (const auto& path : options.fragments) provenance.add_input(path);
    writer->write(file.temporary_path(), sources_in(provenance, options), context);
    file.commit();
    const auto barcodes = static_cast<std::int64_t>(scan.order.size());
    context.note(with_commas(scan.fragments) + " fragments of " + with_commas(barcodes) + " barcodes");
    return {scan.fragments, barcodes, 0, 0, 0};
}

}  // namespace epi
