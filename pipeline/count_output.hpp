#pragma once
#include <nlohmann/json.hpp>

#include "io/atomic_output.hpp"
#include "pipeline/count.hpp"
#include "pipeline/count_sample.hpp"

namespace epi {

// What the matrices hold.
struct MatrixEntries {
    std::size_t peak_count = 0;
    std::int64_t peaks = 0, genes = 0;
};

// Writes qc.tsv.gz, fragment_sizes.tsv, tss_profile.tsv and the two matrices, and takes these out of
// `counts`. `stable` goes into uns["epifoundry"].
MatrixEntries write_counts(SampleCounts& counts, const CountPlan& plan, const CountOptions& options,
                           const nlohmann::ordered_json& stable, int threads, const AtomicFolder& folder);

// Adds the totals to the provenance of count.json.
void add_totals(nlohmann::ordered_json& json, const SampleCounts& counts, const MatrixEntries& entries,
                const CountOptions& options);

}  // namespace epi
