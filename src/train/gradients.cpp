#include "train/gradients.hpp"

namespace epi {
namespace {

// Tensors that travel together have at most so many values (a larger one goes alone): a second copy of all
// gradients would be as large as the network.
constexpr std::int64_t kTogether = 1 << 23;

class Bucket {
  public:
    explicit Bucket(const ProcessGroup& processes) : processes_(processes) {}

    void add(torch::Tensor gradient) {
        if (values_ + gradient.numel() > kTogether) flush();
        values_ += gradient.numel();
        gradients_.push_back(std::move(gradient));
    }
    void flush() {
        if (gradients_.empty()) return;
        std::vector<torch::Tensor> flat;
        std::vector<std::int64_t> sizes;
        for (const auto& gradient : gradients_) {
            flat.push_back(gradient.reshape({-1}));
            sizes.push_back(gradient.numel());
        }
        const auto all = torch::cat(flat);
        processes_.sum(all);
        const auto parts = all.split_with_sizes(sizes);
        for (std::size_t i = 0; i < parts.size(); ++i)
            gradients_[i].copy_(parts[i].view(gradients_[i].sizes()));
        gradients_.clear();
        values_ = 0;
    }

  private:
    const ProcessGroup& processes_;
    std::vector<torch::Tensor> gradients_;
    std::int64_t values_ = 0;
};

// For each parameter whether it has a gradient, then for each row of the sparse one, in bits, whether it may.
std::vector<std::uint8_t> marks(const NamedTensors& parameters, std::int64_t sparse_rows,
                                std::span<const std::int64_t> rows) {
    std::vector<std::uint8_t> own(parameters.size() + static_cast<std::size_t>(sparse_rows + 7) / 8);
    for (std::size_t i = 0; i < parameters.size(); ++i)
        own[i] = parameters[i].second.grad().defined() ? 1 : 0;
    for (const auto row : rows)
        own[parameters.size() + static_cast<std::size_t>(row / 8)] |=
            static_cast<std::uint8_t>(1U << (row % 8));
    return own;
}

}  // namespace

void sum_gradients(const NamedTensors& parameters, const std::string& sparse,
                   std::span<const std::int64_t> rows, const ProcessGroup& processes) {
    if (processes.alone()) return;
    torch::NoGradGuard no_grad;
    std::int64_t sparse_rows = 0;
    for (const auto& [name, parameter] : parameters)
        if (name == sparse) sparse_rows = parameter.size(0);
    auto own = marks(parameters, sparse_rows, sparse_rows > 0 ? rows : std::span<const std::int64_t>());
    const auto all = processes.gather(own);
    for (std::size_t i = 0; i < all.size(); ++i) own[i % own.size()] |= all[i];
    Bucket bucket(processes);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& [name, parameter] = parameters[i];
        if (own[i] == 0) continue;
        if (!parameter.grad().defined()) parameter.mutable_grad() = torch::zeros_like(parameter);
        if (name != sparse) {
            bucket.add(parameter.grad());
            continue;
        }
        std::vector<std::int64_t> marked;
        for (std::int64_t row = 0; row < sparse_rows; ++row)
            if ((own[parameters.size() + static_cast<std::size_t>(row / 8)] >> (row % 8) & 1U) != 0)
                marked.push_back(row);
        const auto index = torch::tensor(marked, torch::kInt64).to(parameter.device());
        const auto values = parameter.grad().index_select(0, index);
        processes.sum(values);
        parameter.mutable_grad().index_copy_(0, index, values);
    }
    bucket.flush();
}

}  // namespace epi
