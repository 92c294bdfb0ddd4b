#pragma once
#include <string>

namespace epi {

// Of the HDF5 library at run time.
std::string hdf5_version();

}  // namespace epi
