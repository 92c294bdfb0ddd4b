#pragma once
#include "pipeline/fragments.hpp"

namespace epi {

// Fragment caches -> the lines of the fragment files that they were made of, one cache after the other, each
// by contig and start; bgzip if the output's name ends in ".gz", else text. OUTPUT.json says where it comes
// from. InputError: as FragmentCache; not all inputs are caches.
FragmentsResult write_cached_fragments(const FragmentsOptions& options, const RunContext& context);

}  // namespace epi
