#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace epi {

// A PyTorch checkpoint (`torch.save` of a dict) as far as it holds tensors and plain values.
struct TorchArchive {
    // Tensors by path: dict keys and list positions joined by '/', e.g. "model/norm.weight",
    // "optimizer/state/0/exp_avg".
    std::map<std::string, torch::Tensor> tensors;
    // Numbers, booleans and text by path, as text; e.g. "epoch" -> "140".
    std::map<std::string, std::string> values;
};

// Reads a .pth file: an uncompressed zip archive with a pickle of protocol 2. The pickle is data to be
// parsed, never run: the only names it may mention are OrderedDict, _rebuild_tensor_v2 and the storage types,
// and any other name or opcode is refused. InputError naming the file and what was wrong.
TorchArchive read_torch_archive(const std::filesystem::path& path);

}  // namespace epi
