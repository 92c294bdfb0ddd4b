// Attention and the network on a CUDA card, against the CPU. What needs a card skips without one.
#include <gtest/gtest.h>

#include "core/random.hpp"
#include "model/attention.hpp"
#include "model/autocast.hpp"
#include "model/device.hpp"
#include "model/network.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

constexpr auto kFloat = torch::kFloat32;

TEST(CardAttention, IsChosenByTypeHeadAndCard) {
    EXPECT_EQ(card_attention(torch::kBFloat16, 64, 9.0, false), CardAttention::Flash);
    EXPECT_EQ(card_attention(torch::kBFloat16, 64, 9.0, true), CardAttention::Flash);
    EXPECT_EQ(card_attention(torch::kFloat16, 32, 8.0, false), CardAttention::Flash);
    EXPECT_EQ(card_attention(kFloat, 64, 9.0, false), CardAttention::Efficient);
    EXPECT_EQ(card_attention(kFloat, 64, 9.0, true), CardAttention::Plain);
    EXPECT_EQ(card_attention(torch::kFloat16, 64, 7.5, false), CardAttention::Efficient);
    EXPECT_EQ(card_attention(torch::kBFloat16, 64, 7.5, false), CardAttention::Plain);
    EXPECT_EQ(card_attention(torch::kBFloat16, 512, 9.0, false), CardAttention::Efficient);
    EXPECT_EQ(card_attention(kFloat, 6, 9.0, false), CardAttention::Plain);
}

TEST(MeansOfRuns, AreThoseOfALoopAndSoAreGradients) {
    const std::vector<std::int64_t> offsets{0, 1, 4, 4, 9};
    auto rows = torch::rand({9, 5}).requires_grad_(), copy = rows.detach().clone().requires_grad_();
    const auto means = means_of_runs(rows, offsets);
    std::vector<torch::Tensor> expected;
    for (std::size_t i = 1; i < offsets.size(); ++i) {
        const auto run = copy.slice(0, offsets[i - 1], offsets[i]);
        expected.push_back(run.size(0) == 0 ? torch::zeros({5}) : run.mean(0));
    }
    EXPECT_TRUE(at::allclose(means, torch::stack(expected), 1e-5, 1e-6));
    const auto weights = torch::rand({4, 5});
    (means * weights).sum().backward();
    (torch::stack(expected) * weights).sum().backward();
    EXPECT_TRUE(at::allclose(rows.grad(), copy.grad(), 1e-5, 1e-6));
}

TEST(Device, WithoutACardCudaSaysWhatToDo) {
    test::message_of<UsageError>([] { prepare_device("abacus", 1); });
    EXPECT_EQ(use_device("cpu", 3), torch::Device(torch::kCPU));
    EXPECT_EQ(cuda_capability(99), 0);
    if (!load_cuda().devices.empty()) GTEST_SKIP() << "this machine has a CUDA card";
    test::message_of<ResourceError>([] { prepare_device("cuda", 1); });
    test::message_of<ResourceError>([] { use_device("cuda", 0); });
}

class Card : public testing::TestWithParam<Pooling> {
  protected:
    void SetUp() override {
        if (load_cuda().devices.empty()) GTEST_SKIP() << "this machine has no CUDA card";
        prepare_device("cuda", 2);
        Rng rng(3);
        for (const std::int64_t length : {40, 0, 7, 7, 90, 1}) {
            std::vector<std::int32_t> peaks;
            for (std::int64_t i = 0; i < length; ++i)
                peaks.push_back(static_cast<std::int32_t>(rng.below(120)));
            cells_.push_back(peaks);
        }
    }
    void TearDown() override { at::globalContext().setDeterministicAlgorithms(false, false); }

    static ModelConfig config() {
        auto config = model_preset("tiny");
        config.embed_dim = 64;
        config.heads = 4;
        config.pooling = GetParam();
        config.dropout = config.attention_dropout = 0;
        config.peaks = 120 + kSpecials;
        config.genes = 30 + kSpecials;
        config.chromosomes = 1 + kSpecials;
        return config;
    }
    static Network network(torch::Device device) {
        Network network(config(), 1);
        network.set_chromosomes(std::vector<std::int64_t>(124, 4), std::vector<std::int64_t>(34, 4));
        network.to(device);
        return network;
    }
    static torch::Tensor embed(const Network& network, std::span<const std::vector<std::int32_t>> cells,
                               bool bf16 = false) {
        const Autocast autocast(bf16, network.device());
        auto packed = pack_cells(cells);
        packed.tokens = packed.tokens.to(network.device());
        return network.embed_cells(packed);
    }
    static std::map<std::string, torch::Tensor> gradients(torch::Device device, bool bf16,
                                                          std::span<const std::vector<std::int32_t>> cells,
                                                          bool by_rows = false) {
        auto trained = network(device);
        trained.set_training(true);
        const std::string peaks = "atac_emb.embedding.weight";
        const auto table = trained.parameter(peaks);
        const auto every_row = torch::arange(table.size(0), torch::dtype(torch::kInt64).device(device));
        const auto rows = std::make_shared<RowGradient>(table, every_row);
        if (by_rows) trained.collect_peak_gradient(rows);
        embed(trained, cells, bf16).to(kFloat).square().sum().backward();
        std::map<std::string, torch::Tensor> found;
        for (const auto& [name, parameter] : trained.parameters())
            if (parameter.grad().defined()) found[name] = parameter.grad().cpu();
        if (by_rows) found[peaks] = rows->values().cpu();
        return found;
    }
    static double worst(const torch::Tensor& a, const torch::Tensor& b) {
        return (a - b).abs().max().item<double>() / std::max(1e-3, b.abs().max().item<double>());
    }

    std::vector<std::vector<std::int32_t>> cells_;
};

TEST_P(Card, EmbedsAsTheCpu) {
    torch::NoGradGuard no_grad;
    const auto expected = embed(network(torch::kCPU), cells_);
    EXPECT_LT(worst(embed(network(torch::kCUDA), cells_).cpu(), expected), 1e-4);
    const auto rough = embed(network(torch::kCUDA), cells_, true).to(kFloat).cpu();
    EXPECT_LT(worst(rough, expected), 3e-2);
}

TEST_P(Card, PackedCellsAreThoseOneByOne) {
    torch::NoGradGuard no_grad;
    const auto on_card = network(torch::kCUDA);
    for (const bool bf16 : {false, true}) {
        const auto packed = embed(on_card, cells_, bf16).to(kFloat);
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            const auto alone = embed(on_card, std::span(cells_).subspan(i, 1), bf16).to(kFloat)[0];
            EXPECT_LT(worst(alone, packed[static_cast<std::int64_t>(i)]), bf16 ? 2e-2 : 1e-5) << i;
        }
    }
}

TEST_P(Card, GradientsAreThoseOfTheCpu) {
    const auto expected = gradients(torch::kCPU, false, cells_);
    const auto exact = gradients(torch::kCUDA, false, cells_), rough = gradients(torch::kCUDA, true, cells_);
    const auto by_rows = gradients(torch::kCUDA, false, cells_, true);
    for (const auto& [name, gradient] : expected) {
        EXPECT_LT(worst(exact.at(name), gradient), 1e-3) << name;
        EXPECT_LT(worst(by_rows.at(name), gradient), 1e-3) << name;
        EXPECT_LT(worst(rough.at(name), gradient), 0.1) << name;
    }
}

TEST_P(Card, DeterministicGradientsAreTheSameAgain) {
    prepare_device("cuda", 2, true);
    for (const bool bf16 : {false, true}) {
        const auto first = gradients(torch::kCUDA, bf16, cells_, bf16),
                   again = gradients(torch::kCUDA, bf16, cells_, bf16);
        for (const auto& [name, gradient] : first) EXPECT_TRUE(gradient.equal(again.at(name))) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(BothPoolings, Card, testing::Values(Pooling::Cls, Pooling::Mean));

}  // namespace
}  // namespace epi
