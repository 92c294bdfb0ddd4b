#include "fragments/fragment_scan.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "fragments/barcode_memory.hpp"

namespace epi {
namespace {

constexpr std::uint32_t kBetweenChecks = 1U << 12;  // barcodes
constexpr auto kNever = std::numeric_limits<std::uint64_t>::max();

void read_chunks(ChunkLog& log, ChunkParser& parser, std::size_t lane, BarcodeMemory& memory,
                 const RunContext& context) {
    const auto& barcodes = parser.barcodes();
    TextChunk chunk;
    while (auto* record = log.take(chunk)) {
        try {
            context.check_stop();
            parser.parse(chunk, *record);
            memory.lane_has(lane, barcodes.size(), barcodes.text_bytes(), log.name(*record));
        } catch (...) {
            record->error = std::current_exception();
        }
        log.finish(*record);
    }
}

void join_barcodes(const std::vector<std::string>& cells,
                   const std::vector<std::unique_ptr<ChunkParser>>& parsers, BarcodeMemory& memory,
                   const std::string& place, ScanResult& result) {
    for (const auto& cell : cells) result.barcodes.id(cell);
    check(result.barcodes.size() == cells.size(), "scan_fragments: distinct cells");
    std::vector<std::uint64_t> first(cells.size(), kNever);
    std::size_t most = 0;
    for (const auto& parser : parsers) most = std::max(most, parser->barcodes().size());
    result.barcodes.reserve(most);
    for (const auto& parser : parsers) {
        const auto& lane = parser->barcodes();
        auto& ids = result.id_of_lane.emplace_back(lane.size());
        for (std::uint32_t begin = 0; begin < lane.size(); begin += kBetweenChecks) {
            memory.all_have(result.barcodes.size(), place);
            const auto end =
                static_cast<std::uint32_t>(std::min<std::size_t>(lane.size(), begin + kBetweenChecks));
            std::vector<std::string> names;
            for (auto i = begin; i < end; ++i) names.push_back(lane.name(i));
            result.barcodes.ids(names, ids.data() + begin);
            first.resize(result.barcodes.size(), kNever);
            for (auto i = begin; i < end; ++i)
                first[ids[i]] = std::min(first[ids[i]], lane.first_position(i));
        }
    }
    for (std::uint32_t i = 0; i < first.size(); ++i)
        if (first[i] != kNever) result.order.push_back(i);
    std::sort(result.order.begin(), result.order.end(), [&](auto a, auto b) { return first[a] < first[b]; });
}

}  // namespace

ScanResult scan_fragments(const ScanOptions& options, const std::vector<FragmentSink*>& sinks,
                          const RunContext& context) {
    ChunkLog log(options.files, options.reference, options.text, options.skip_bad_lines);
    const std::unordered_set<std::string> cells(options.cells.begin(), options.cells.end());
    std::vector<std::unique_ptr<ChunkParser>> parsers;
    for (auto* sink : sinks)
        parsers.push_back(std::make_unique<ChunkParser>(log, options.cells.empty() ? nullptr : &cells,
                                                        options.skip_bad_lines, *sink));
    BarcodeMemory memory(context.memory_bytes, sinks.size());
    parallel_for(parsers.size(), static_cast<int>(parsers.size()),
                 [&](std::size_t lane) { read_chunks(log, *parsers[lane], lane, memory, context); });
    context.check_stop();
    log.throw_first_error();
    ScanResult result;
    result.files = log.summaries();
    join_barcodes(options.cells, parsers, memory, result.files.front().name, result);
    result.contigs = log.contigs();
    result.renamed = log.renamed();
    result.skipped = log.skipped();
    result.fragments = log.fragments();
    result.fragments_before = log.fragments_before();
    return result;
}

}  // namespace epi
