#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace epi {

// Labels as numbers 0, 1, ... in lexicographic order of the distinct labels; the empty label is -1.
std::vector<std::int32_t> label_codes(std::span<const std::string> labels);

// Normalised mutual information of two labelings of the same cells: mutual information over the arithmetic
// mean of the entropies (scikit-learn). 1 if both have one cluster (or there are no cells), 0 if one has.
double normalized_mutual_information(std::span<const std::int32_t> a, std::span<const std::int32_t> b);

// Adjusted Rand index (Hubert and Arabie): the share of pairs that agree, 0 expected by chance, 1 if equal.
// 1 if both labelings are trivial in the same way (one cluster each, or every cell its own).
double adjusted_rand_index(std::span<const std::int32_t> a, std::span<const std::int32_t> b);

}  // namespace epi
