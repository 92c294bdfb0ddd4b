#pragma once
#include <filesystem>
#include <string>

namespace epi {

// Version of the HDF5 library at run time.
std::string hdf5_version();

// Whether several threads may use the library at once, each with files of its own.
bool hdf5_is_threadsafe();

// Before the first use of the library, and as often as one likes: its errors are told by us, not printed.
void start_hdf5();

// Whether this file is HDF5, also behind a user block as an .h5mu has it. InputError if it cannot be read.
bool is_hdf5_file(const std::filesystem::path& path);

}  // namespace epi
