#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "model/network.hpp"
#include "train/process_group.hpp"

namespace epi {

// Adds the gradients of all processes up, so that each has those of all cells; a parameter that has none in
// any process stays without. `by_rows`, the gradient of a table, has the same rows in all
// (rows_marked_anywhere); null: there is none. Called by all processes.
void sum_gradients(const NamedTensors& parameters, RowGradient* by_rows, const ProcessGroup& processes);

// The rows that any process has marked, ascending. Row r is bit r % 8 of byte r / 8. Called by all processes.
std::vector<std::int64_t> rows_marked_anywhere(std::vector<std::uint8_t> marks,
                                               const ProcessGroup& processes);

}  // namespace epi
