#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/random.hpp"
#include "model/network.hpp"
#include "train/cell_source.hpp"

namespace epi {

// `wanted` of `values` without replacement, in random order; all of them, in order, where there are no more.
std::vector<std::int32_t> draw(std::span<const std::int32_t> values, std::size_t wanted, Rng& rng);

// Genes asked of a cell and what each holds: (gene, position among the expressed or -1).
struct DrawnGenes {
    std::vector<std::int32_t> genes;
    std::vector<std::int32_t> expressed_at;
};

// The reference's sample: min(max_genes, 2 * expressed) genes, the smaller half of them expressed, the others
// silent (as many as there are). Shuffled.
DrawnGenes draw_genes(std::span<const std::int32_t> expressed, std::int64_t n_genes, std::int64_t max_genes,
                      Rng& rng);

// The reference's bins of raw counts: bins - 1 edges at equal quantiles of the values, bin = number of edges
// not above the value: 1 .. bins - 1.
std::vector<std::int32_t> bin_counts(std::span<const std::int32_t> counts, int bins);

}  // namespace epi
