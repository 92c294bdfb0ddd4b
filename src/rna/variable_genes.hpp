#pragma once
#include <cstdint>
#include <vector>

#include "matrix/csr.hpp"

namespace epi {

// How much each gene varies beyond what its mean lets expect (Seurat's FindVariableFeatures, method vst).
struct GeneVariability {
    std::vector<double> mean, variance;  // of the counts, N - 1 in the denominator
    std::vector<double> expected;  // variance, from a loess of log10 variance on log10 mean; 0 if constant
    std::vector<double> standardised;  // variance of (x - mean) / sqrt(expected), cut off above at sqrt(N)
};

// Of raw counts, cells x genes; at least two cells.
GeneVariability gene_variability(const DoubleMatrix& counts);

// The `most` genes with the largest standardised variance, largest first (ties: gene order), of those that
// are seen at all.
std::vector<std::int32_t> variable_genes(const GeneVariability& variability, std::size_t most);

}  // namespace epi
