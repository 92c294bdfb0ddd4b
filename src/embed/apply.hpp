#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "embed/peak_mapping.hpp"
#include "matrix/dense.hpp"
#include "model/network.hpp"

namespace epi {

// A trained network applied to cells. Every cell is computed by itself on one thread, so that what comes out
// depends on the cell, the weights and the seed alone: not on the other cells, their order, or the number of
// threads. The network is on the CPU, in evaluation mode. Stops with Interrupted when asked to.

// The peaks of a cell that the network is shown: all of them, or, where there are more than `most`, that many
// drawn with a seed hashed from `seed` and the barcode (of "sample:barcode" the part after the last ':', so
// that a cell gets the same peaks in an atlas as in its own sample). Ascending.
std::vector<std::int32_t> limit_peaks(std::span<const std::int32_t> open, std::size_t most,
                                      std::string_view name, std::uint64_t seed);

// (cells, embed_dim): z of each row of `open`, whose columns are the peaks of the model. `names` are the
// cells'.
DenseFloat embed_cells(const Network& network, const OpenPeaks& open, std::span<const std::string> names,
                       const RunContext& context);

// (cells, cell_types): softmax(logits / temperature), from z.
DenseMatrix cell_type_probabilities(const Network& network, const DenseFloat& z, double temperature,
                                    const RunContext& context);

// (cells, genes): P(expressed) of every gene of the model, from z. The network learned from as many silent as
// expressed genes; `prior` > 0 moves its odds to those of a cell that expresses this share of the genes, by
// adding log(prior / (1 - prior)). `batch` holds the model's number of each cell's batch, or -1; empty: all
// -1.
DenseFloat expressed_probabilities(const Network& network, const DenseFloat& z,
                                   std::span<const std::int64_t> batch, double prior,
                                   const RunContext& context);

// (cells, genes): binned expression of every gene by the value head, which the model must have.
DenseFloat expression_levels(const Network& network, const DenseFloat& z, std::span<const std::int64_t> batch,
                             const RunContext& context);

// (peaks, embed_dim): the embedding of each peak of the model, without the special tokens.
DenseFloat region_embeddings(const Network& network);

}  // namespace epi
