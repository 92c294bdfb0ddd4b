#pragma once
#include "label/lsi.hpp"
#include "matrix/csr.hpp"

namespace epi {

// What logistic regression sees of a cell: its TF-IDF with the training cells' frequencies, scaled to length
// 1, so that the depth of a cell, which differs between batches, says nothing. `cells` is binary.
DoubleMatrix weighted_peaks(const DoubleMatrix& cells, const InverseFrequency& frequency);

}  // namespace epi
