#include "model/device.hpp"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include "core/error.hpp"

namespace epi {

CudaStatus load_cuda() {
    CudaStatus status;
    // Never closed: its kernels stay registered for the life of the process.
    if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
        const char* reason = ::dlerror();
        status.why_not = reason == nullptr ? "unknown" : reason;
        return status;
    }
    status.loaded = true;
    const auto count = torch::cuda::is_available() ? torch::cuda::device_count() : 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        status.devices.push_back(std::to_string(i) + ": CUDA device");
    return status;
}

std::string torch_version() {
    return TORCH_VERSION;
}

void prepare_device(const std::string& name, int threads) {
    if (name != "cpu" && name != "cuda")
        throw UsageError("--device", "'" + name + "' is not a device", "give cpu or cuda");
    at::set_num_threads(threads);
    if (name == "cpu") return;
    const auto status = load_cuda();
    if (!status.loaded)
        throw ResourceError("--device cuda", "LibTorch's CUDA library cannot be opened: " + status.why_not,
                            "install the full torch package, or give --device cpu");
    if (status.devices.empty())
        throw ResourceError("--device cuda", "no CUDA card was found",
                            "check nvidia-smi, or give --device cpu");
}

}  // namespace epi
