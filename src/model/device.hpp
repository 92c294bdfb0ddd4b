#pragma once
#include <torch/torch.h>

#include <string>
#include <vector>

namespace epi {

// Whether CUDA can be used by this process. Opens libtorch_cuda.so (beside the linked libtorch_cpu.so) at the
// first call that asks for it: the small CPU install of LibTorch does not hold what it needs, the full one
// does.
struct CudaStatus {
    bool loaded = false;               // libtorch_cuda.so could be opened
    std::string why_not;               // the loader's own words otherwise
    std::vector<std::string> devices;  // "0: NVIDIA H200, 139 GiB"; empty without a card
};
CudaStatus load_cuda();

// "2.11.0", as compiled against.
std::string torch_version();

// "cpu" or "cuda". ResourceError with the remedy if "cuda" is asked for and cannot be had; UsageError for
// other names. Limits LibTorch to `threads`. `deterministic`: on a card, only kernels that give the same bits
// again (slower; a CPU does so anyway).
void prepare_device(const std::string& name, int threads, bool deterministic = false);

// The device of this name, on a machine with several cards number `card` of them; it becomes the current one.
// ResourceError where there are fewer cards.
torch::Device use_device(const std::string& name, int card);

// The compute capability of a card, as 9.0; 0 where the driver does not say.
double cuda_capability(int card);

}  // namespace epi
