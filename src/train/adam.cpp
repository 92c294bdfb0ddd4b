#include "train/adam.hpp"

#include <ATen/ops/_fused_adamw.h>

#include <map>

namespace epi {

Adam::Adam(const NamedTensors& parameters) : parameters_(parameters) {
    torch::NoGradGuard no_grad;
    for (const auto& [name, parameter] : parameters_) {
        first_.push_back(torch::zeros_like(parameter));
        second_.push_back(torch::zeros_like(parameter));
        steps_.push_back(torch::zeros({}, parameter.options().requires_grad(false)));
    }
}

void Adam::step(double learning_rate, double weight_decay, const std::vector<double>& factors) {
    torch::NoGradGuard no_grad;
    struct Group {
        std::vector<torch::Tensor> parameters, gradients, first, second, steps;
    };
    std::map<double, Group> groups;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const auto& parameter = parameters_[i].second;
        if (!parameter.grad().defined()) continue;
        auto& group = groups[factors[i]];
        group.parameters.push_back(parameter);
        group.gradients.push_back(parameter.grad());
        group.first.push_back(first_[i]);
        group.second.push_back(second_[i]);
        steps_[i].add_(1);
        group.steps.push_back(steps_[i]);
    }
    for (auto& [factor, group] : groups)
        at::_fused_adamw_(group.parameters, group.gradients, group.first, group.second, {}, group.steps,
                          learning_rate * factor, 0.9, 0.999, weight_decay, 1e-8, false, false);
}

void Adam::zero_grad() {
    for (auto& [name, parameter] : parameters_) parameter.mutable_grad() = torch::Tensor();
}

NamedTensors Adam::state() const {
    NamedTensors state;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        state.emplace_back("adam.m." + parameters_[i].first, first_[i]);
        state.emplace_back("adam.v." + parameters_[i].first, second_[i]);
        state.emplace_back("adam.steps." + parameters_[i].first, steps_[i]);
    }
    return state;
}

}  // namespace epi
