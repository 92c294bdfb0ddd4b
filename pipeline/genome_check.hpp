#pragma once
#include <nlohmann/json.hpp>

#include "pipeline/count_sample.hpp"

namespace epi {

// Whether the fragments are rather of another genome that the program knows than of the one they were counted
// with (`genome`: its name, or empty). Looks at 2 million fragments again, and only where there is reason to:
// fragments end behind their chromosome, or the pooled TSS enrichment is below 4. Warns if another genome's
// gene starts are enriched at least twice as much, and threefold at all; or if no fragment ends behind its
// chromosomes, where some do here, and it is as good otherwise. Returns what was found, for count.json; null
// where it did not look.
nlohmann::ordered_json check_genome(const CountPlan& plan, const SampleCounts& counts,
                                    const std::string& genome, const RunContext& context);

}  // namespace epi
