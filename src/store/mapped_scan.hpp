#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "store/hdf5.hpp"
#include "store/matrix_rows.hpp"

namespace epi {

// What scan() finds in the arrays of a group, on all threads and without HDF5. Nothing where the file is not
// laid out for it, or something has to be done to a row: an index outside, out of order or twice, a zero.
std::optional<MatrixScan> scan_mapped(const Hdf5Node& group, std::span<const std::int64_t> indptr,
                                      std::int64_t cols, bool ones, int threads);

}  // namespace epi
