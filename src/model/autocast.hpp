#pragma once
#include <torch/torch.h>

namespace epi {

// While it lives, and `active`, this thread computes products of matrices and attention on the device in
// bf16; sums, normalisations and weights stay float32.
class Autocast {
  public:
    Autocast(bool active, torch::Device device);
    ~Autocast();
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

  private:
    bool active_;
    torch::DeviceType device_;
    bool enabled_before_ = false;
    torch::ScalarType type_before_ = torch::kFloat32;
};

}  // namespace epi
