#pragma once
#include <cstdint>

#include "core/run_context.hpp"
#include "matrix/csr.hpp"
#include "model/network.hpp"

namespace epi {

// Gives the peak embeddings of a fresh network a start from data: channel c of peak p becomes
// idf_p * V[p, c], V the right singular vectors of the TF-IDF (open / peaks open in the cell, times
// log(1 + cells / cells with the peak)) of `open` (cells x peaks, ones), so that the mean of a cell's peak
// vectors is its LSI. Channels beyond `rank` stay random; all have unit variance over the open entries.
void initialise_peaks_by_svd(Network& network, const Csr<float>& open, int rank, std::uint64_t seed,
                             const RunContext& context);

}  // namespace epi
