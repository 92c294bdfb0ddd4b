#include "embed/cell_type_call.hpp"

#include <cmath>

namespace epi {

CellTypeCall call_of(std::span<const double> probabilities) {
    CellTypeCall call;
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
        const double p = probabilities[i];
        if (p > 0) call.entropy -= p * std::log(p);
        if (call.best < 0 || p > call.confidence) {
            call.runner_up = call.best;
            call.runner_up_confidence = call.confidence;
            call.best = static_cast<int>(i);
            call.confidence = p;
        } else if (call.runner_up < 0 || p > call.runner_up_confidence) {
            call.runner_up = static_cast<int>(i);
            call.runner_up_confidence = p;
        }
    }
    if (probabilities.size() > 1) call.entropy /= std::log(static_cast<double>(probabilities.size()));
    return call;
}

std::vector<CellTypeCall> calls_of(const DenseMatrix& probabilities) {
    std::vector<CellTypeCall> calls(probabilities.rows);
    for (std::size_t cell = 0; cell < calls.size(); ++cell) calls[cell] = call_of(probabilities.row(cell));
    return calls;
}

}  // namespace epi
