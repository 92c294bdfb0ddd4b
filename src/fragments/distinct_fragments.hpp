#pragma once
#include <cstdint>
#include <vector>

#include "fragments/fragment_scan.hpp"
#include "fragments/fragment_spool.hpp"

namespace epi {

// Gives the fragments that a scan put into a spool to the sinks, on as many threads: of those with the same
// contig, start, end and barcode the one that came first in the files. Sinks get them by contig and start,
// each contig in one or more chunks; contigs and barcodes are numbered as in `scan`, whose first `cells`
// barcodes are wanted (0: all). `scan.id_of_lane` then holds for these sinks. What does not fit into the
// memory allowed lies on the disk. Which fragments are given depends on neither memory nor threads. Returns
// how many were left out. ResourceError: the disk is full.
std::int64_t give_distinct_fragments(FragmentSpool& spool, ScanResult& scan, std::size_t cells,
                                     const std::vector<FragmentSink*>& sinks, const RunContext& context);

}  // namespace epi
