#pragma once
#include "store/feature_counts.hpp"
#include "store/hdf5.hpp"

namespace epi {

// True if the open file has the layout of a 10x matrix, version 3 (/matrix) or 2 (one group per genome).
bool is_tenx_file(const Hdf5Node& root);

// All features of a 10x .h5, cells x features. InputError naming file and element; several genomes in a
// version 2 file.
FeatureSource open_tenx(const Hdf5Node& root, const ReadLimits& limits);

}  // namespace epi
