#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "matrix/csr.hpp"
#include "matrix/dense.hpp"

namespace epi {

// Peaks by their total count, as Signac's FindTopFeatures.
struct PeakTotals {
    std::vector<double> total;        // per peak
    std::vector<double> percentile;   // share of peaks with a total of at most this one's
    std::vector<std::int32_t> order;  // peaks by total, largest first, ties in peak order
};

PeakTotals peak_totals(const DoubleMatrix& counts);

// The peaks that take part in the SVD, in peak order: with a total above `min_total`, or with a percentile
// above `min_percentile` where that is given. Both strict.
std::vector<std::int32_t> top_peaks(const PeakTotals& totals, double min_total,
                                    std::optional<double> min_percentile = std::nullopt);

// What TF-IDF needs to know of the cells it was fitted on.
struct InverseFrequency {
    std::vector<double> idf;  // per peak: cells / total count; 0 for a peak never seen
};

InverseFrequency inverse_frequency(const DoubleMatrix& counts);

// log1p(10000 * idf * count / total of the cell), as method 1 of Signac's RunTFIDF; cells x peaks. Empty
// cells and peaks that were never seen stay empty (0).
DoubleMatrix tfidf(const DoubleMatrix& counts, const InverseFrequency& fitted);

// The columns of a matrix, in the given order.
DoubleMatrix select_columns(const DoubleMatrix& matrix, std::span<const std::int32_t> columns);

// Latent semantic indexing as Signac's RunSVD on a TF-IDF matrix (cells x peaks kept): neither centred nor
// scaled before; each column of U is centred and divided by its standard deviation (N - 1). The first
// component follows the depth of the cells and is left out by those who use it.
struct Lsi {
    DenseMatrix embedding;  // cells x components
    DenseMatrix loadings;   // peaks kept x components
    std::vector<double> d;
    std::vector<double> mean, deviation;  // of the columns of U: to place new cells
};

// `components` is cut to cells - 1 and to the number of peaks.
Lsi latent_semantic_indexing(const DoubleMatrix& weighted, int components, std::uint64_t seed, int threads);

}  // namespace epi
