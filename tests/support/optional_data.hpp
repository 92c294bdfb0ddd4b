#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "support/source_dir.hpp"

namespace epi::test {

// The one place that knows where optional data may lie: $EPIFOUNDRY_DATA, else ../shared beside the checkout.
inline std::filesystem::path optional_data(const std::filesystem::path& relative) {
    const char* root = std::getenv("EPIFOUNDRY_DATA");
    return (root != nullptr ? std::filesystem::path(root) : source_dir() / "../shared") / relative;
}

}  // namespace epi::test

// Skips the test, in one line, where the optional data is absent.
#define EPI_NEEDS_DATA(relative)                                      \
    if (!std::filesystem::exists(epi::test::optional_data(relative))) \
    GTEST_SKIP() << "optional data absent: " << (relative)
