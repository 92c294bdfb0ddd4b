#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

// Mean of expm1 of log-normalised values per group: (groups, genes). Cells of group -1 are left out.
DenseMatrix group_means(const DoubleMatrix& lognorm, std::span<const std::int32_t> group,
                        std::int32_t groups);

// Log-normalised expression profiles of known cell types: (types, genes).
struct TypeReference {
    std::vector<std::string> types, genes;
    DenseMatrix profiles;
};

// The `most` genes (columns of the reference) with the largest variance across its types, in falling order of
// variance, ties in gene order.
std::vector<std::size_t> reference_genes(const DenseMatrix& profiles, std::size_t most);

// The best type of a group, and the next.
struct TypeCall {
    std::string type, runner_up;  // empty if nothing correlates / there is one type only
    double score = 0, runner_up_score = 0;
};

struct Typing {
    DenseMatrix correlation;  // (groups, types); -infinity where undefined (a constant side)
    std::vector<TypeCall> calls;
    std::size_t shared_genes = 0, used_genes = 0;
};

// Names groups by their Spearman correlation with each type, over the `most` genes that vary most across the
// reference among those both have. Genes are matched by name, case-sensitively. `means` is (groups, genes).
Typing name_groups(const DenseMatrix& means, const std::vector<std::string>& genes,
                   const TypeReference& reference, std::size_t most = 3000);

}  // namespace epi
