#include "pipeline/nn/doctor_nn.hpp"

#include "model/device.hpp"
#include "train/process_group.hpp"

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
    for (const auto& plugin : examine_plugins()) {
        const std::string what = plugin.name == "mpi" ? "several processes on CPUs" : "several CUDA cards";
        const std::string get = plugin.name == "mpi"
                                    ? "libopenmpi-dev and openmpi-bin, then build again"
                                    : "the full torch package (it holds nccl.h), then build again";
        if (plugin.why_not.empty())
            items.push_back({what, plugin.library, true, ""});
        else
            items.push_back(
                {what, "not possible: " + plugin.why_not, true, "only needed for that: install " + get});
    }
    return items;
}

}  // namespace epi
