#pragma once
#include <vector>

#include "pipeline/doctor.hpp"

namespace epi {

// What doctor says of LibTorch: its version, whether CUDA could be opened (and the loader's own words where
// not), devices, and which attention kernel runs.
std::vector<DoctorItem> examine_torch();

}  // namespace epi
