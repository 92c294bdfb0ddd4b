#pragma once
#include <string>
#include <vector>

#include "fragments/fragment_cache.hpp"
#include "fragments/fragment_scan.hpp"

namespace epi {

struct CacheScanOptions {
    Chromosomes reference;           // of peaks and genes; the scan's contigs start with them
    std::vector<std::string> cells;  // barcodes that are wanted; empty: all. They must differ.
    bool reads = true;               // without it the batches have no column 5
    bool names = true;               // without it the result has no barcodes, only the sinks their numbers
    std::size_t rows = 1U << 17;     // of one chunk, about
};

// Gives the fragments of a cache to the sinks, on as many threads, as scan_fragments gives those of the files
// that the cache was made from, and returns the same; but the rows of an unsorted file come sorted. The sinks
// of all threads get the same barcode numbers. InputError: as FragmentCache; two styles of naming
// chromosomes. ResourceError: as BarcodeMemory.
ScanResult scan_fragment_cache(const FragmentCache& cache, const CacheScanOptions& options,
                               const std::vector<FragmentSink*>& sinks, const RunContext& context);

}  // namespace epi
