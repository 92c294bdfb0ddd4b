#include "golden.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

using test::golden_model;
using test::GoldenModel;

PackedCells cells_of(const GoldenModel& golden) {
    std::vector<std::vector<std::int32_t>> peaks;
    for (const auto& cell : golden.inputs["cell_peaks"]) {
        peaks.emplace_back();
        for (const auto& token : cell)
            peaks.back().push_back(token.get<std::int32_t>() - static_cast<int>(kSpecials));
    }
    return pack_cells(peaks);
}

GeneSlots slots_of(const GoldenModel& golden) {
    std::vector<std::int64_t> genes, cells;
    for (std::size_t i = 0; i < golden.inputs["cell_genes"].size(); ++i)
        for (const auto& gene : golden.inputs["cell_genes"][i]) {
            genes.push_back(gene);
            cells.push_back(static_cast<std::int64_t>(i));
        }
    return {torch::tensor(genes), torch::tensor(cells)};
}

double largest_difference(const torch::Tensor& got, const nlohmann::ordered_json& expected) {
    std::vector<float> flat;
    const std::function<void(const nlohmann::ordered_json&)> add = [&](const auto& value) {
        if (value.is_array())
            for (const auto& part : value) add(part);
        else
            flat.push_back(value.template get<float>());
    };
    add(expected);
    EXPECT_EQ(got.numel(), static_cast<std::int64_t>(flat.size()));
    return (got.flatten() - torch::tensor(flat)).abs().max().item<double>();
}

TEST(Golden, EvaluationOutputsOfPackedCells) {
    EPI_NEEDS_DATA("golden/epifoundation");
    torch::NoGradGuard no_grad;
    const auto golden = golden_model();
    const auto& network = *golden.network;
    const auto z = network.embed_cells(cells_of(golden));
    const auto batch = torch::tensor(golden.labels("batch"));
    EXPECT_LT(largest_difference(z, golden.expected["eval"]["cell_emb"]), 1e-5);
    EXPECT_LT(largest_difference(network.cell_type_logits(z), golden.expected["eval"]["cell_pred"]), 1e-5);
    EXPECT_LT(largest_difference(network.gene_logits(z, slots_of(golden), batch),
                                 golden.expected["eval"]["mvc_pred"]),
              1e-5);
}

TEST(Golden, AllGenesAtOnceAreTheSameNumbers) {
    EPI_NEEDS_DATA("golden/epifoundation");
    torch::NoGradGuard no_grad;
    const auto golden = golden_model();
    const auto& network = *golden.network;
    const auto z = network.embed_cells(cells_of(golden));
    const auto all =
        network.gene_logits_all(z, network.gene_queries(), torch::tensor(golden.labels("batch")));
    const auto slots = slots_of(golden);
    const auto chosen = all.index({slots.cell, slots.genes - kSpecials});
    EXPECT_LT(largest_difference(chosen, golden.expected["eval"]["mvc_pred"]), 1e-5);
}

// Six steps of Adam with the reference's padded batch statistics. The last tolerance is wide because Adam
// turns the rounding noise of parameters whose true gradient is zero (biases before the batch norm, of the
// keys) into whole steps.
TEST(Golden, TrainingTrajectory) {
    EPI_NEEDS_DATA("golden/epifoundation");
    const auto golden = golden_model();
    auto& network = *golden.network;
    const auto cells = cells_of(golden);
    const auto slots = slots_of(golden);
    const auto batch = torch::tensor(golden.labels("batch")),
               types = torch::tensor(golden.labels("cell_type"));
    std::vector<std::int64_t> expressed;
    for (const auto& cell : golden.inputs["cell_gene_expressed"])
        for (const auto& value : cell) expressed.push_back(value);
    std::vector<torch::Tensor> parameters;
    for (const auto& [name, parameter] : network.parameters()) parameters.push_back(parameter);
    torch::optim::Adam adam(parameters, torch::optim::AdamOptions(1e-3));
    network.set_training(true);
    for (std::size_t step = 0; step < 6; ++step) {
        adam.zero_grad();
        const auto z = network.embed_cells(cells);
        const auto genes =
            at::cross_entropy_loss(network.gene_logits(z, slots, batch), torch::tensor(expressed));
        const auto type = at::cross_entropy_loss(network.cell_type_logits(z), types);
        (genes + 0.5 * type).backward();
        const auto norm = torch::nn::utils::clip_grad_norm_(parameters, 100.0);
        const auto& expected = golden.expected["train"];
        EXPECT_NEAR(genes.item<double>(), expected["mvc_and_cell_loss"][step][0].get<double>(), 2e-6) << step;
        EXPECT_NEAR(type.item<double>(), expected["mvc_and_cell_loss"][step][1].get<double>(), 2e-6) << step;
        const auto expected_norm = expected["grad_norm_before_clip"][step].get<double>();
        EXPECT_NEAR(norm, expected_norm, 1e-5 * expected_norm) << step;
        adam.step();
    }
    network.set_training(false);
    torch::NoGradGuard no_grad;
    const auto z = network.embed_cells(cells);
    EXPECT_LT(largest_difference(z, golden.expected["eval_after_training"]["cell_emb"]), 1e-2);
    EXPECT_LT(
        largest_difference(network.cell_type_logits(z), golden.expected["eval_after_training"]["cell_pred"]),
        1e-2);
}

}  // namespace
}  // namespace epi
