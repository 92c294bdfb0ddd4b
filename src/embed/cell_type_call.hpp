#pragma once
#include <span>
#include <string>
#include <vector>

#include "matrix/dense.hpp"

namespace epi {

// The two most probable classes of a cell; -1 where there is none.
struct CellTypeCall {
    int best = -1, runner_up = -1;
    double confidence = 0, runner_up_confidence = 0;
    // Entropy of all probabilities over its largest possible value: 0 sure, 1 knows nothing.
    double entropy = 0;
};

// From a row of probabilities; of equal ones the first wins.
CellTypeCall call_of(std::span<const double> probabilities);
std::vector<CellTypeCall> calls_of(const DenseMatrix& probabilities);

// What stands in predicted_cell_type of a cell whose type is not told.
inline constexpr const char* kUnassigned = "unassigned";

}  // namespace epi
