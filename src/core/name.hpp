#pragma once
#include <cstddef>
#include <string_view>

namespace epi {

inline constexpr std::size_t kMaxNameBytes = 4096;

// Whether a text can name a barcode or a contig in tables, JSON and HDF5: not empty nor longer than
// kMaxNameBytes, UTF-8, no control characters.
bool can_be_a_name(std::string_view text);

}  // namespace epi
