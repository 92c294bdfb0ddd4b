#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "model/network.hpp"
#include "train/process_group.hpp"

namespace epi {

// Adds the gradients of all processes up, so that each has those of all cells; a parameter that has none in
// any process stays without. Of parameter `sparse` (an embedding table) only rows travel that have a gradient
// somewhere: `rows` are those that may have one here. Called by all processes.
void sum_gradients(const NamedTensors& parameters, const std::string& sparse,
                   std::span<const std::int64_t> rows, const ProcessGroup& processes);

}  // namespace epi
