#include "pipeline/nn/doctor_nn.hpp"

#include "model/device.hpp"

namespace epi {

std::vector<DoctorItem> examine_torch() {
    std::vector<DoctorItem> items = {{"LibTorch", torch_version(), true, ""}};
    const auto cuda = load_cuda();
    if (!cuda.loaded) {
        items.push_back({"CUDA", "not loaded, running on the CPU: " + cuda.why_not, true,
                         "only needed for a card: install the full torch package of the same version"});
    } else if (cuda.devices.empty()) {
        items.push_back({"CUDA", "loaded, but no card was found", true, ""});
    }
    for (const auto& device : cuda.devices) items.push_back({"CUDA device", device, true, ""});
    items.push_back({"attention",
                     cuda.devices.empty() ? "one call per cell on the CPU" : "variable length on CUDA", true,
                     ""});
    return items;
}

}  // namespace epi
