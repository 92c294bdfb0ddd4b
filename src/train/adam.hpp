#pragma once
#include <torch/torch.h>

#include <string>
#include <vector>

#include "model/network.hpp"

namespace epi {

// Adam (decoupled weight decay where asked) with the dense semantics of torch.optim.Adam: a parameter that
// got a gradient moves in every row, also rows whose gradient is zero. betas 0.9 and 0.999, eps 1e-8.
class Adam {
  public:
    explicit Adam(const NamedTensors& parameters);

    // One update of the parameters whose gradient is defined; `factor` scales the rate of a parameter by its
    // index. The gradient of one of them may be given by rows; all others of its rows move as with gradient
    // 0.
    void step(double learning_rate, double weight_decay, const std::vector<double>& factors,
              const RowGradient* by_rows = nullptr);
    void zero_grad();

    // Moments and step counters, to be stored: "adam.m.NAME", "adam.v.NAME", "adam.steps.NAME".
    NamedTensors state() const;

  private:
    void step_table(std::size_t i, const RowGradient& gradient, double learning_rate, double weight_decay);

    NamedTensors parameters_;
    std::vector<torch::Tensor> first_, second_, steps_;
};

}  // namespace epi
