#include "store/hdf5_library.hpp"

#include <hdf5.h>

#include <fstream>

#include "core/error.hpp"

namespace epi {

std::string hdf5_version() {
    unsigned int major = 0, minor = 0, release = 0;
    H5get_libversion(&major, &minor, &release);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

bool is_hdf5_file(const std::filesystem::path& path) {
    if (std::filesystem::is_directory(path) || !std::ifstream(path, std::ios::binary))
        throw InputError(path.string(), "cannot be read", "check the path");
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return H5Fis_hdf5(path.c_str()) > 0;
}

}  // namespace epi
