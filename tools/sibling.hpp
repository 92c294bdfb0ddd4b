#pragma once
#include <filesystem>

namespace epi {

// epifoundry-nn beside the running program, whether it exists or not.
std::filesystem::path nn_program();

}  // namespace epi
