#include "model/device.hpp"

#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include <cmath>
#include <cstdlib>

#include "core/error.hpp"
#include "core/text.hpp"

namespace epi {
namespace {

// The few functions of NVIDIA's driver that tell what a card is: their headers come with a toolkit that is
// not needed otherwise.
class Driver {
  public:
    Driver() : library_(::dlopen("libcuda.so.1", RTLD_NOW)) {
        using Init = int (*)(unsigned);
        const auto init = find<Init>("cuInit");
        if (init == nullptr || init(0) != 0) library_ = nullptr;
    }
    // An attribute of a card, as numbered by the driver; 0 where it does not say.
    int attribute(int which, int card) const {
        using Ask = int (*)(int*, int, int);
        const auto ask = find<Ask>("cuDeviceGetAttribute");
        int value = 0;
        return ask != nullptr && ask(&value, which, card) == 0 ? value : 0;
    }
    std::string name(int card) const {
        using Ask = int (*)(char*, int, int);
        const auto ask = find<Ask>("cuDeviceGetName");
        char text[128] = "CUDA card";
        if (ask != nullptr) ask(text, sizeof text - 1, card);
        return text;
    }
    double gibibytes(int card) const {
        using Ask = int (*)(std::size_t*, int);
        const auto ask = find<Ask>("cuDeviceTotalMem_v2");
        std::size_t bytes = 0;
        return ask != nullptr && ask(&bytes, card) == 0 ? static_cast<double>(bytes) / (1ULL << 30) : 0;
    }

  private:
    template <class Function>
    Function find(const char* name) const {
        return library_ == nullptr ? nullptr : reinterpret_cast<Function>(::dlsym(library_, name));
    }
    void* library_;
};

double capability_of(const Driver& driver, int card) {
    constexpr int kMajor = 75, kMinor = 76;
    return driver.attribute(kMajor, card) + 0.1 * driver.attribute(kMinor, card);
}

std::string describe(const Driver& driver, int card) {
    return std::to_string(card) + ": " + driver.name(card) + ", " +
           std::to_string(std::llround(driver.gibibytes(card))) + " GiB, compute capability " +
           format_fixed(capability_of(driver, card), 1);
}

}  // namespace

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
    if (count == 0) return status;
    const Driver driver;
    for (int i = 0; i < static_cast<int>(count); ++i) status.devices.push_back(describe(driver, i));
    return status;
}

double cuda_capability(int card) {
    static const auto all = [] {
        const Driver driver;
        std::vector<double> found;
        for (int i = 0; i < static_cast<int>(torch::cuda::device_count()); ++i)
            found.push_back(capability_of(driver, i));
        return found;
    }();
    const auto at =
        static_cast<std::size_t>(std::max(0, card));  // -1: the current one, of which there is one
    return at < all.size() ? all[at] : 0;
}

torch::Device use_device(const std::string& name, int card) {
    if (name == "cpu") return torch::kCPU;
    const int cards = torch::cuda::device_count();  // NOLINT(bugprone-signed-char-misuse): a count
    if (card >= cards)
        throw ResourceError("--device cuda",
                            "process " + std::to_string(card) + " of this machine has no card: there are " +
                                std::to_string(cards),
                            "start at most one process for each card");
    const auto index = static_cast<c10::DeviceIndex>(card);
    at::accelerator::setDeviceIndex(index);
    return {torch::kCUDA, index};
}

std::string torch_version() {
    return TORCH_VERSION;
}

void prepare_device(const std::string& name, int threads, bool deterministic) {
    if (name != "cpu" && name != "cuda")
        throw UsageError("--device", "'" + name + "' is not a device", "give cpu or cuda");
    at::set_num_threads(threads);
    if (name == "cpu") return;
    if (deterministic) {
        // Read by cuBLAS and NCCL when they start; what a person has set holds.
        ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
        ::setenv("NCCL_ALGO", "Ring", 0);
        at::globalContext().setDeterministicAlgorithms(true, false);
        at::globalContext().setBenchmarkCuDNN(false);
    }
    const auto status = load_cuda();
    if (!status.loaded)
        throw ResourceError("--device cuda", "LibTorch's CUDA library cannot be opened: " + status.why_not,
                            "install the full torch package, or give --device cpu");
    if (status.devices.empty())
        throw ResourceError("--device cuda", "no CUDA card was found",
                            "check nvidia-smi, or give --device cpu");
}

}  // namespace epi
