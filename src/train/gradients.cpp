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
        if (gradients_.size() == 1 && gradients_[0].is_contiguous()) {
            processes_.sum(gradients_[0]);
            return forget();
        }
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
        forget();
    }

  private:
    void forget() {
        gradients_.clear();
        values_ = 0;
    }

    const ProcessGroup& processes_;
    std::vector<torch::Tensor> gradients_;
    std::int64_t values_ = 0;
};

// Each mark is set that is set in any process.
void merge_marks(std::vector<std::uint8_t>& marks, const ProcessGroup& processes) {
    if (processes.alone()) return;
    const auto all = processes.gather(marks);
    for (std::size_t i = 0; i < all.size(); ++i) marks[i % marks.size()] |= all[i];
}

}  // namespace

void sum_gradients(const NamedTensors& parameters, RowGradient* by_rows, const ProcessGroup& processes) {
    if (processes.alone()) return;
    torch::NoGradGuard no_grad;
    std::vector<std::uint8_t> have;
    for (const auto& [name, parameter] : parameters) have.push_back(parameter.grad().defined() ? 1 : 0);
    have.push_back(by_rows != nullptr && by_rows->values().defined() ? 1 : 0);
    merge_marks(have, processes);
    Bucket bucket(processes);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& parameter = parameters[i].second;
        if (have[i] == 0) continue;
        if (!parameter.grad().defined()) parameter.mutable_grad() = torch::zeros_like(parameter);
        bucket.add(parameter.grad());
    }
    if (have.back() != 0) {
        by_rows->add_nothing();
        bucket.add(by_rows->values());
    }
    bucket.flush();
}

std::vector<std::int64_t> rows_marked_anywhere(std::vector<std::uint8_t> marks,
                                               const ProcessGroup& processes) {
    merge_marks(marks, processes);
    std::vector<std::int64_t> rows;
    for (std::size_t byte = 0; byte < marks.size(); ++byte)
        for (unsigned bit = 0; bit < 8; ++bit)
            if ((marks[byte] >> bit & 1U) != 0) rows.push_back(static_cast<std::int64_t>(8 * byte + bit));
    return rows;
}

}  // namespace epi
