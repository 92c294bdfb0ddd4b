#pragma once
#include <cstdint>

#include "core/run_context.hpp"
#include "matrix/csr.hpp"
#include "model/network.hpp"

namespace epi {

// Gives the peak embeddings of a fresh network a start from data: channel c of peak p becomes
// idf_p * V[p, c], V the right singular vectors of the TF-IDF (open / peaks open in the cell, times
// log(1 + cells / cells with the peak)) of `open` (cells x peaks, ones), so that the mean of a cell's peak
// vectors is its LSI. Channels have unit mean square over the open entries; those beyond `rank` start at 0.
void initialise_peaks_by_svd(Network& network, const Csr<float>& open, int rank, std::uint64_t seed,
                             const RunContext& context);

// The same for the gene embeddings: channel 0 is the logit of the share of cells that express the gene, the
// next `rank` are the gene's coordinates in a correspondence analysis of `expressed` (cells x genes, ones),
// so that genes of one program start near each other; the other channels stay random. Also scales the
// decoder's part for the gene to the size of that for the cell.
void initialise_genes_by_svd(Network& network, const Csr<float>& expressed, int rank, std::uint64_t seed,
                             const RunContext& context);

}  // namespace epi
