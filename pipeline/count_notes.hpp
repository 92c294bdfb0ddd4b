#pragma once
#include "pipeline/count_sample.hpp"

namespace epi {

// Says what a person should know of the files: unsorted, truncated, lines left out.
void tell_of_files(const std::vector<FragmentFileSummary>& files,
                   const std::vector<std::pair<std::string, std::int64_t>>& skipped_lines,
                   const RunContext& context);

// The same, and of all that was counted: genes, chromosomes, cells.
void tell(const SampleCounts& counts, const RunContext& context);

}  // namespace epi
