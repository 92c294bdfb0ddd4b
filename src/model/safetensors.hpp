#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>

#include "model/network.hpp"

namespace epi {

// Tensors by name and the file's `__metadata__`.
struct SafeTensors {
    std::map<std::string, torch::Tensor> tensors;
    std::map<std::string, std::string> metadata;
};

// Reads a .safetensors file and checks all that the format demands: header length and JSON, types, shapes,
// offsets without holes or overlaps that cover the buffer, file length. InputError naming file and tensor.
SafeTensors read_safetensors(const std::filesystem::path& path);

// Writes one: larger number types first, then by name, the header padded to 8 bytes, so that every tensor is
// aligned; the same bytes for the same content. Not atomic; ResourceError if the disk is full.
void write_safetensors(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata,
                       const std::filesystem::path& path);

}  // namespace epi
