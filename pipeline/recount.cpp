#include "pipeline/recount.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "counts/peak_sweep.hpp"
#include "fragments/cache_scan.hpp"

namespace epi {
namespace {

// The rows of the cache's barcodes; -1 where they have none. Names them.
std::vector<std::int32_t> rows_of(const RecountPlan& plan, const CacheDirectory& directory,
                                  std::vector<std::string>& cells) {
    std::vector<std::int32_t> rows(directory.barcodes.size(), -1);
    if (plan.cells) {
        cells = *plan.cells;
        std::unordered_map<std::string_view, std::int32_t> places;
        for (const auto& cell : cells) places.emplace(cell, static_cast<std::int32_t>(places.size()));
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (const auto found = places.find(directory.barcodes[i]); found != places.end())
                rows[i] = found->second;
        return rows;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (directory.counts[i] < plan.min_fragments) continue;
        rows[i] = static_cast<std::int32_t>(cells.size());
        cells.push_back(directory.barcodes[i]);
    }
    return rows;
}

}  // namespace

Recount recount_peaks(const RecountPlan& plan, const RunContext& context) {
    const FragmentCache cache(plan.cache);
    Recount result;
    const auto rows = rows_of(plan, cache.directory(), result.cells);
    const IntervalIndex index(plan.peaks.intervals, plan.peaks.chromosomes.size());
    std::vector<std::unique_ptr<PeakSweep>> sweeps;
    std::vector<FragmentSink*> sinks;
    for (int i = 0; i < std::max(1, context.threads); ++i) {
        sweeps.push_back(std::make_unique<PeakSweep>(index, plan.rule, rows, result.cells.size()));
        sinks.push_back(sweeps.back().get());
    }
    CacheScanOptions options;
    options.reference = plan.peaks.chromosomes;
    options.reads = options.names = false;
    scan_fragment_cache(cache, options, sinks, context);
    result.peaks = PeakSweep::matrix(sweeps, result.cells.size(), plan.peaks.size());
    return result;
}

}  // namespace epi
