#pragma once
#include <string>

namespace epi {

// "0.1.0", from CMake's project(VERSION).
std::string version();

}  // namespace epi
