#pragma once
#include <cstddef>

namespace epi {

// Asks for large pages under memory that is about to be filled: reserve() a vector, call this, then fill it.
// Only speed depends on it; where the system knows none, nothing happens.
void prefer_huge_pages(const void* memory, std::size_t bytes);

}  // namespace epi
