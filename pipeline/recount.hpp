#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "counts/counting_rule.hpp"
#include "genome/interval.hpp"
#include "matrix/csr.hpp"

namespace epi {

struct RecountPlan {
    std::filesystem::path cache;
    IntervalSet peaks;
    std::optional<std::vector<std::string>> cells;  // the rows, in this order
    std::int64_t min_fragments = 500;               // else the barcodes with as many fragments
    CountingRule rule = CountingRule::Signac;
};

struct Recount {
    std::vector<std::string> cells;
    CountMatrix peaks;  // cells x peaks in the given order
};

// The matrix of peaks that count_sample makes of a fragment cache, and nothing else: without the quality of
// barcodes it takes a fraction of the time. InputError: as FragmentCache.
Recount recount_peaks(const RecountPlan& plan, const RunContext& context);

}  // namespace epi
