#pragma once
#include <nlohmann/json.hpp>

#include "io/provenance.hpp"
#include "pipeline/count.hpp"

namespace epi {

// Reads the fragments and writes options.cache of them, nothing else. UsageError: no fragments. InputError:
// as scan_fragments.
CountResult write_cache_only(const CountOptions& options, const RunContext& context);

// Where the fragments are a cache (--from-cache, or one as FRAGMENTS): makes it the only file, takes how its
// files were read into the options, and returns what is recorded of these files; else null. UsageError:
// neither or both are given, or a cache beside other files, or to be made of a cache. InputError: as
// FragmentCache.
nlohmann::ordered_json take_from_cache(CountOptions& options);

// What a cache records of its files.
nlohmann::ordered_json sources_in(const Provenance& provenance, const CountOptions& options);

}  // namespace epi
