#include "rna/variable_genes.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "rna/loess.hpp"

namespace epi {
namespace {

constexpr double kSpan = 0.3;

// Sums term(gene, value) over the non-zero values of each gene, cell after cell.
template <class Term>
std::vector<double> gene_sums(const DoubleMatrix& counts, Term term) {
    std::vector<double> sums(static_cast<std::size_t>(counts.cols));
    for (std::size_t i = 0; i < counts.indices.size(); ++i) {
        const auto gene = static_cast<std::size_t>(counts.indices[i]);
        if (counts.values[i] != 0) sums[gene] += term(gene, counts.values[i]);
    }
    return sums;
}

std::vector<double> expected_variance(const GeneVariability& of) {
    std::vector<double> x, y, expected(of.mean.size());
    for (std::size_t gene = 0; gene < of.mean.size(); ++gene)
        if (of.variance[gene] > 0) {
            x.push_back(std::log10(of.mean[gene]));
            y.push_back(std::log10(of.variance[gene]));
        }
    if (x.empty()) return expected;
    const Loess loess(x, y, kSpan);
    std::size_t next = 0;
    for (std::size_t gene = 0; gene < of.mean.size(); ++gene)
        if (of.variance[gene] > 0) expected[gene] = std::pow(10, loess(x[next++]));
    return expected;
}

}  // namespace

GeneVariability gene_variability(const DoubleMatrix& counts) {
    check(counts.rows >= 2, "gene_variability: at least two cells");
    const auto n = static_cast<double>(counts.rows);
    GeneVariability result;
    const auto present = gene_sums(counts, [](auto, double) { return 1.0; });
    result.mean = gene_sums(counts, [](auto, double x) { return x; });
    for (auto& mean : result.mean) mean /= n;
    result.variance = gene_sums(counts, [&](std::size_t gene, double x) {
        return (x - result.mean[gene]) * (x - result.mean[gene]);
    });
    for (std::size_t gene = 0; gene < present.size(); ++gene)
        result.variance[gene] =
            (result.variance[gene] + result.mean[gene] * result.mean[gene] * (n - present[gene])) / (n - 1);
    result.expected = expected_variance(result);

    std::vector<double> deviation(present.size());
    for (std::size_t gene = 0; gene < present.size(); ++gene)
        deviation[gene] = std::sqrt(result.expected[gene]);
    const double limit = std::sqrt(n);
    result.standardised = gene_sums(counts, [&](std::size_t gene, double x) {
        if (deviation[gene] == 0) return 0.0;
        const double z = std::min(limit, (x - result.mean[gene]) / deviation[gene]);
        return z * z;
    });
    for (std::size_t gene = 0; gene < present.size(); ++gene) {
        if (deviation[gene] == 0) continue;
        const double zero = result.mean[gene] / deviation[gene];
        result.standardised[gene] = (result.standardised[gene] + zero * zero * (n - present[gene])) / (n - 1);
    }
    return result;
}

std::vector<std::int32_t> variable_genes(const GeneVariability& variability, std::size_t most) {
    std::vector<std::int32_t> genes;
    for (std::size_t gene = 0; gene < variability.mean.size(); ++gene)
        if (variability.mean[gene] != 0) genes.push_back(static_cast<std::int32_t>(gene));
    std::stable_sort(genes.begin(), genes.end(), [&](std::int32_t a, std::int32_t b) {
        return variability.standardised[static_cast<std::size_t>(a)] >
               variability.standardised[static_cast<std::size_t>(b)];
    });
    if (genes.size() > most) genes.resize(most);
    return genes;
}

}  // namespace epi
