#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/zip_archive.hpp"

namespace epi {

// A tensor as a PyTorch checkpoint describes it: a strided view of a storage, which is a member of the
// archive.
struct StoredTensor {
    std::string member;
    torch::ScalarType type = torch::kFloat32;
    std::int64_t storage_elements = 0, offset = 0;
    std::vector<std::int64_t> sizes, strides;
};

// Reads it. Nothing it claims is believed: the storage must be as large as said, and every element inside it.
// InputError naming the file.
torch::Tensor read_stored_tensor(ZipArchive& archive, const StoredTensor& stored);

}  // namespace epi
