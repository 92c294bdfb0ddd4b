#pragma once
#include <cstdint>

#include "train/settings.hpp"

namespace epi {

// The learning rate of an update. `update` counts from 0 over the whole training of `updates`; `epoch` from
// 0.
double learning_rate_at(const TrainSettings& settings, std::int64_t update, std::int64_t updates, int epoch);

}  // namespace epi
