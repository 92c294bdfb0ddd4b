#pragma once
#include <string>
#include <utility>
#include <vector>

namespace epi {

// Name and version, at run time, of the libraries that module io owns.
std::vector<std::pair<std::string, std::string>> io_library_versions();

}  // namespace epi
