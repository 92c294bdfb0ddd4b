#pragma once
#include <nlohmann/json.hpp>

#include "io/atomic_output.hpp"
#include "pipeline/count.hpp"
#include "pipeline/count_sample.hpp"

namespace epi {

// Writes qc.tsv.gz, fragment_sizes.tsv and tss_profile.tsv.
void write_tables(const SampleCounts& counts, int threads, const AtomicFolder& folder);

// Writes the two matrices. `stable` goes into uns["epifoundry"]. Takes the matrices out of `counts`.
void write_matrices(SampleCounts& counts, const CountPlan& plan, const CountOptions& options,
                    const nlohmann::ordered_json& stable, const AtomicFolder& folder);

// Adds the totals to the provenance of count.json.
void add_totals(nlohmann::ordered_json& json, const SampleCounts& counts, const CountOptions& options);

}  // namespace epi
