#pragma once
#include <filesystem>

namespace epi::test {

// The checkout that this test was built from.
std::filesystem::path source_dir();

}  // namespace epi::test
