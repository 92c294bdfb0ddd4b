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

bool hdf5_is_threadsafe() {
    hbool_t safe = 0;
    return H5is_library_threadsafe(&safe) >= 0 && safe > 0;
}

void start_hdf5() {
    // Files are closed by us. At the end of a process the library would try again to write what a full disk
    // has not taken, and crashes.
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

bool is_hdf5_file(const std::filesystem::path& path) {
    if (std::filesystem::is_directory(path) || !std::ifstream(path, std::ios::binary))
        throw InputError(path.string(), "cannot be read", "check the path");
    start_hdf5();
    return H5Fis_hdf5(path.c_str()) > 0;
}

}  // namespace epi
