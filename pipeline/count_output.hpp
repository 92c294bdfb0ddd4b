#pragma once
#include <nlohmann/json.hpp>

#include "io/atomic_output.hpp"
#include "pipeline/count.hpp"
#include "pipeline/count_sample.hpp"

namespace epi {

// Writes everything but count.json into the folder. `stable` goes into uns["epifoundry"]. Takes the matrices
// out of `counts`.
void write_counts(SampleCounts& counts, const CountPlan& plan, const CountOptions& options,
                  const nlohmann::ordered_json& stable, const AtomicFolder& folder);

// Adds the totals to the provenance of count.json.
void add_totals(nlohmann::ordered_json& json, const SampleCounts& counts, const CountOptions& options);

}  // namespace epi
