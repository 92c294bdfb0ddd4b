#pragma once
#include <filesystem>
#include <string>

namespace epi {

// Version of the HDF5 library at run time.
std::string hdf5_version();

// Whether this file is HDF5, also behind a user block as an .h5mu has it. InputError if it cannot be read.
bool is_hdf5_file(const std::filesystem::path& path);

}  // namespace epi
