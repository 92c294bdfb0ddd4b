#include "train/adam.hpp"

#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <map>
#include <span>

namespace epi {
namespace {

// The gradient of a table is made in pieces of so many values: on a CPU they stay in its caches, on a card
// they keep it busy.
std::int64_t piece_values(torch::Device device) {
    return device.is_cuda() ? 1 << 24 : 1 << 17;
}

}  // namespace

Adam::Adam(const NamedTensors& parameters) : parameters_(parameters) {
    torch::NoGradGuard no_grad;
    for (const auto& [name, parameter] : parameters_) {
        first_.push_back(torch::zeros_like(parameter));
        second_.push_back(torch::zeros_like(parameter));
        steps_.push_back(torch::zeros({}, parameter.options().requires_grad(false)));
    }
}

void Adam::step(double learning_rate, double weight_decay, const std::vector<double>& factors,
                const RowGradient* by_rows) {
    torch::NoGradGuard no_grad;
    struct Group {
        std::vector<torch::Tensor> parameters, gradients, first, second, steps;
    };
    std::map<double, Group> groups;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const auto& parameter = parameters_[i].second;
        if (by_rows != nullptr && by_rows->values().defined() && parameter.is_same(by_rows->table()))
            step_table(i, *by_rows, learning_rate * factors[i], weight_decay);
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

// Piece by piece with a gradient that is zero but in the rows that have one: no tensor as large as the table
// is made.
void Adam::step_table(std::size_t i, const RowGradient& gradient, double learning_rate, double weight_decay) {
    const auto& table = parameters_[i].second;
    const auto rows = table.size(0), width = table.size(1);
    const auto most = std::clamp<std::int64_t>(piece_values(table.device()) / width, 1, rows);
    const auto dense = torch::zeros({most, width}, gradient.values().options());
    const auto listed = gradient.rows().cpu();
    const std::span given(listed.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(listed.size(0)));
    steps_[i].add_(1);
    auto next = given.begin();
    for (std::int64_t begin = 0; begin < rows; begin += most) {
        const auto count = std::min(most, rows - begin);
        const auto end = std::lower_bound(next, given.end(), begin + count);
        const auto at = gradient.rows().slice(0, next - given.begin(), end - given.begin()) - begin;
        const auto piece = dense.narrow(0, 0, count);
        piece.index_copy_(0, at, gradient.values().slice(0, next - given.begin(), end - given.begin()));
        at::_fused_adamw_({table.narrow(0, begin, count)}, {piece}, {first_[i].narrow(0, begin, count)},
                          {second_[i].narrow(0, begin, count)}, {}, {steps_[i]}, learning_rate, 0.9, 0.999,
                          weight_decay, 1e-8, false, false);
        piece.index_fill_(0, at, 0);
        next = end;
    }
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
