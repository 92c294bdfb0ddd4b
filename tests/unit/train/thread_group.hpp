#pragma once
#include <barrier>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "train/process_group.hpp"

namespace epi::test {

// Threads that behave as processes which train together.
class ThreadGroup {
  public:
    explicit ThreadGroup(int size) : size_(size), barrier_(size), given_(static_cast<std::size_t>(size)) {}

    // Runs `work` once for each process; throws what the first of them threw.
    void run(const std::function<void(const ProcessGroup&)>& work) {
        std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size_));
        std::vector<std::jthread> threads;
        for (int rank = 0; rank < size_; ++rank)
            threads.emplace_back([&, rank] {
                try {
                    work(Member(*this, rank));
                } catch (...) {
                    errors[static_cast<std::size_t>(rank)] = std::current_exception();
                    barrier_.arrive_and_drop();
                }
            });
        threads.clear();
        for (const auto& error : errors)
            if (error) std::rethrow_exception(error);
    }

  private:
    class Member final : public ProcessGroup {
      public:
        Member(ThreadGroup& group, int rank) : group_(group), rank_(rank) {}
        int rank() const override { return rank_; }
        int size() const override { return group_.size_; }
        void sum(torch::Tensor tensor) const override {
            torch::NoGradGuard no_grad;
            EXPECT_TRUE(tensor.is_contiguous());
            auto total = torch::zeros_like(tensor, torch::kFloat64);
            exchange(tensor, [&](const torch::Tensor& other) {
                EXPECT_EQ(other.sizes(), tensor.sizes());
                total.add_(other);
            });
            tensor.copy_(total);
        }
        void sum(std::span<double> values) const override {
            sum(torch::from_blob(values.data(), {std::ssize(values)}, torch::kFloat64));
        }
        void broadcast(torch::Tensor tensor) const override {
            torch::NoGradGuard no_grad;
            torch::Tensor first;
            exchange(tensor, [&](const torch::Tensor& other) {
                if (!first.defined()) first = other.clone();
            });
            tensor.copy_(first);
        }
        std::vector<std::uint8_t> gather(std::span<const std::uint8_t> own) const override {
            std::vector<std::uint8_t> all;
            const auto mine =
                torch::from_blob(const_cast<std::uint8_t*>(own.data()), {std::ssize(own)}, torch::kUInt8);
            exchange(mine, [&](const torch::Tensor& other) {
                EXPECT_EQ(other.sizes(), mine.sizes());
                const auto* bytes = other.data_ptr<std::uint8_t>();
                all.insert(all.end(), bytes, bytes + other.numel());
            });
            return all;
        }

      private:
        // Shows `own` to all and visits what each shows, by rank.
        void exchange(const torch::Tensor& own,
                      const std::function<void(const torch::Tensor&)>& visit) const {
            group_.given_[static_cast<std::size_t>(rank_)] = own;
            group_.barrier_.arrive_and_wait();
            for (const auto& tensor : group_.given_) visit(tensor);
            group_.barrier_.arrive_and_wait();
        }
        ThreadGroup& group_;
        int rank_;
    };

    int size_;
    std::barrier<> barrier_;
    std::vector<torch::Tensor> given_;
};

}  // namespace epi::test
