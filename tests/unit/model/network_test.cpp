#include "model/network.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

ModelConfig tiny_config(bool reference_like) {
    auto config = model_preset("tiny");
    config.embed_dim = 16;
    config.heads = 2;
    config.ffn_dim = 24;
    config.query_dim = 8;
    config.peaks = 60 + kSpecials;
    config.genes = 30 + kSpecials;
    config.chromosomes = 3 + kSpecials;
    config.cell_types = 4;
    config.batches = 2;
    config.max_peaks = 40;
    config.value_head = true;
    if (reference_like) {
        config.chromosome_embedding = config.batch_labels = config.peak_norm = true;
        config.pooling = Pooling::Cls;
        config.gene_interaction = false;
    }
    return config;
}

Network tiny_network(bool reference_like, std::uint64_t seed = 7) {
    const auto config = tiny_config(reference_like);
    Network network(config, seed);
    std::vector<std::int64_t> of_peaks, of_genes;
    for (std::int64_t i = 0; i < config.peaks; ++i) of_peaks.push_back(kSpecials + i % 3);
    for (std::int64_t i = 0; i < config.genes; ++i) of_genes.push_back(kSpecials + i % 3);
    network.set_chromosomes(of_peaks, of_genes);
    return network;
}

std::vector<std::vector<std::int32_t>> some_cells() {
    return {{1, 5, 9, 33}, {}, {2, 3, 4, 59}, {7, 8, 10, 11, 12, 13, 40, 41, 42}, {50}};
}

class BothKinds : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Network, BothKinds, testing::Bool());

TEST_P(BothKinds, PackedCellsEqualOneByOne) {
    torch::NoGradGuard no_grad;
    const auto network = tiny_network(GetParam());
    const auto cells = some_cells();
    const auto packed = network.embed_cells(pack_cells(cells));
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto alone = network.embed_cells(pack_cells(std::span(cells).subspan(i, 1)));
        EXPECT_TRUE(at::allclose(packed[static_cast<std::int64_t>(i)], alone[0], 1e-5, 1e-5)) << "cell " << i;
    }
}

TEST_P(BothKinds, TheOrderOfPeaksDoesNotMatter) {
    torch::NoGradGuard no_grad;
    const auto network = tiny_network(GetParam());
    const std::vector<std::vector<std::int32_t>> cells{{1, 5, 9, 33}, {33, 9, 5, 1}};
    const auto z = network.embed_cells(pack_cells(cells));
    EXPECT_TRUE(at::allclose(z[0], z[1], 1e-5, 1e-5));
}

TEST_P(BothKinds, GradientsReachEveryParameter) {
    auto network = tiny_network(GetParam());
    network.set_training(true);
    auto cells = some_cells();
    const auto z = network.embed_cells(pack_cells(cells));
    const GeneSlots slots{torch::tensor(std::vector<std::int64_t>{4, 5, 9, 4}),
                          torch::tensor(std::vector<std::int64_t>{0, 0, 2, 3})};
    const auto batch = torch::tensor(std::vector<std::int64_t>{0, 1, 1, 0, 1});
    (network.gene_logits(z, slots, batch).square().sum() +
     network.expression(z, slots, batch).square().sum() + network.cell_type_logits(z).square().sum())
        .backward();
    for (const auto& [name, parameter] : network.parameters()) {
        ASSERT_TRUE(parameter.grad().defined()) << name;
        EXPECT_GT(parameter.grad().abs().sum().item<double>(), 0) << name;
    }
}

// Two backward passes, the second with a start from more peaks than are attended to.
TEST_P(BothKinds, ThePeakGradientByRowsIsThatOfTheTable) {
    auto dense = tiny_network(GetParam()), by_rows = tiny_network(GetParam());
    const std::string name = "atac_emb.embedding.weight";
    std::vector<std::vector<std::int32_t>> few{{1, 5}, {33}}, all{{1, 5, 9, 33}, {20, 33}};
    std::vector<std::int64_t> rows{kCls};
    for (const std::int64_t peak : {1, 5, 9, 20, 33}) rows.push_back(peak + kSpecials);
    const auto sums = std::make_shared<RowGradient>(by_rows.parameter(name), torch::tensor(rows));
    by_rows.collect_peak_gradient(sums);
    const auto pass = [&](Network& network, bool pooled) {
        at::manual_seed(3);
        network.set_training(true);
        auto cells = pack_cells(few);
        if (pooled) {
            cells.pooled_offsets = {0, 4, 6};
            cells.pooled = torch::tensor(std::vector<std::int64_t>{5, 9, 13, 37, 24, 37});
        }
        network.embed_cells(cells).square().sum().backward();
    };
    for (auto* network : {&dense, &by_rows})
        for (const bool pooled : {false, true}) pass(*network, pooled);
    EXPECT_FALSE(by_rows.parameter(name).grad().defined());
    auto table = torch::zeros_like(dense.parameter(name));
    table.index_copy_(0, sums->rows(), sums->values());
    EXPECT_TRUE(at::allclose(table, dense.parameter(name).grad(), 1e-4, 1e-6));
    EXPECT_GT(table.abs().sum().item<double>(), 0);
    for (const auto& [key, parameter] : dense.parameters())
        if (key != name && parameter.grad().defined()) {
            EXPECT_TRUE(at::allclose(by_rows.parameter(key).grad(), parameter.grad(), 1e-4, 1e-6)) << key;
        }
    by_rows.collect_peak_gradient({});
    pass(by_rows, false);
    EXPECT_TRUE(by_rows.parameter(name).grad().defined());
}

TEST_P(BothKinds, LayersStartEqualAndTheSeedDecides) {
    const auto a = tiny_network(GetParam()), b = tiny_network(GetParam()), c = tiny_network(GetParam(), 8);
    const std::string first = "encoder.transformer_encoder.layers.0.self_attn.Wqkv.weight";
    const std::string second = "encoder.transformer_encoder.layers.1.self_attn.Wqkv.weight";
    EXPECT_TRUE(a.parameter(first).equal(a.parameter(second)));
    EXPECT_TRUE(a.parameter("atac_emb.embedding.weight").equal(b.parameter("atac_emb.embedding.weight")));
    EXPECT_FALSE(a.parameter("atac_emb.embedding.weight").equal(c.parameter("atac_emb.embedding.weight")));
}

// All genes of all cells at once, and chosen ones as the losses ask them: two ways to one number.
TEST_P(BothKinds, ChosenGenesGetTheLogitsOfAllGenes) {
    torch::NoGradGuard no_grad;
    const auto network = tiny_network(GetParam());
    if (!GetParam()) network.parameter("mvc_decoder.interaction.weight").normal_();
    const auto z = network.embed_cells(pack_cells(some_cells()));
    const auto all = network.gene_logits_all(z, network.gene_queries());
    const std::vector<std::int64_t> genes{4, 9, 4, 33}, cells{0, 0, 2, 4};
    const auto unknown = torch::full({5}, -1, torch::kInt64);
    const auto chosen = network.gene_logits(z, {torch::tensor(genes), torch::tensor(cells)}, unknown);
    for (std::size_t i = 0; i < genes.size(); ++i)
        EXPECT_TRUE(at::allclose(chosen[static_cast<std::int64_t>(i)], all[cells[i]][genes[i] - kSpecials],
                                 1e-5, 1e-5))
            << "slot " << i;
}

TEST(Network, TheInteractionAddsAProductToTheLastLogit) {
    torch::NoGradGuard no_grad;
    const auto network = tiny_network(false);
    const auto z = network.embed_cells(pack_cells(some_cells()));
    const auto queries = network.gene_queries();
    const auto without = network.gene_logits_all(z, queries);
    const auto weight = network.parameter("mvc_decoder.interaction.weight");
    EXPECT_EQ(weight.abs().sum().item<double>(), 0);  // at the start the network is the reference's
    weight.normal_();
    const auto added = network.gene_logits_all(z, queries) - without;
    EXPECT_TRUE(at::allclose(added.select(2, 1), z.mm(weight.t()).mm(queries.t()), 1e-4, 1e-4));
    EXPECT_EQ(added.select(2, 0).abs().sum().item<double>(), 0);
}

// A step may attend to a few peaks of a cell and start its vector from more of them.
TEST(Network, PooledPeaksDecideTheStart) {
    torch::NoGradGuard no_grad;
    const auto network = tiny_network(false);
    const std::vector<std::vector<std::int32_t>> few{{1, 5}}, all{{1, 5, 9, 33}};
    auto packed = pack_cells(few);
    const auto alone = network.embed_cells(packed);
    packed.pooled_offsets = {0, 2};
    packed.pooled = torch::tensor(std::vector<std::int64_t>{1 + kSpecials, 5 + kSpecials});
    EXPECT_TRUE(at::allclose(network.embed_cells(packed), alone, 1e-5, 1e-5));
    packed.pooled_offsets = {0, 4};
    packed.pooled = pack_cells(all).tokens.slice(0, 1);
    EXPECT_FALSE(at::allclose(network.embed_cells(packed), alone, 1e-5, 1e-5));
}

// The padding that the reference adds, made for real: rows that hold the pad vector.
TEST(Network, CompatStatisticsEqualRealPadding) {
    auto config = tiny_config(true);
    config.norm_statistics = NormStatistics::Compat;
    config.dropout = 0;
    Network compat(config, 3);
    config.norm_statistics = NormStatistics::Real;
    Network real(config, 3);
    const std::vector<std::int64_t> of_peaks(static_cast<std::size_t>(config.peaks), 4),
        of_genes(static_cast<std::size_t>(config.genes), 4);
    compat.set_chromosomes(of_peaks, of_genes);
    // Pad tokens lie on the pad chromosome, as the specials always do.
    real.set_chromosomes(of_peaks, of_genes);
    compat.set_training(true);
    real.set_training(true);
    const std::vector<std::vector<std::int32_t>> cells{{1, 2, 3}, {4, 5, 6, 7}};
    compat.embed_cells(pack_cells(cells));
    auto padded = pack_cells(cells);
    padded.tokens = torch::cat({padded.tokens, torch::zeros({2 * 40 - 9}, torch::kInt64)});
    padded.offsets.push_back(80);
    real.embed_cells(padded);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_TRUE(at::allclose(compat.buffers()[i].second, real.buffers()[i].second, 1e-5, 1e-6))
            << compat.buffers()[i].first;
}

TEST(Network, AnUnknownBatchIsTheMeanOfTheKnown) {
    torch::NoGradGuard no_grad;
    const auto network = tiny_network(true);
    const auto cells = some_cells();
    const auto z = network.embed_cells(pack_cells(cells)).narrow(0, 0, 1);
    const auto queries = network.gene_queries();
    EXPECT_TRUE(
        network.gene_logits_all(z, queries)
            .equal(network.gene_logits_all(z, queries, torch::tensor(std::vector<std::int64_t>{-1}))));
    EXPECT_FALSE(
        network.gene_logits_all(z, queries)
            .equal(network.gene_logits_all(z, queries, torch::tensor(std::vector<std::int64_t>{0}))));
}

TEST(Network, LoadRefusesWhatDoesNotFit) {
    auto network = tiny_network(false);
    std::map<std::string, torch::Tensor> tensors;
    for (const auto& [name, tensor] : network.state()) tensors.emplace(name, tensor.clone());
    network.load(tensors, "here");
    auto other = tensors;
    other.erase("norm.bias");
    EXPECT_NE(test::message_of<InputError>([&] { network.load(other, "here"); }).find("norm.bias"),
              std::string::npos);
    other = tensors;
    other["extra"] = torch::zeros({1});
    EXPECT_NE(test::message_of<InputError>([&] { network.load(other, "here"); }).find("extra"),
              std::string::npos);
    other = tensors;
    other["norm.bias"] = torch::zeros({3});
    EXPECT_NE(test::message_of<InputError>([&] { network.load(other, "here"); }).find("[3]"),
              std::string::npos);
    other = tensors;
    other["norm.bias"] = torch::zeros({16}, torch::kFloat64);
    test::message_of<InputError>([&] { network.load(other, "here"); });
}

TEST(ModelConfig, RoundTripsThroughJson) {
    auto config = tiny_config(true);
    config.norm_statistics = NormStatistics::Compat;
    const auto json = model_config_to_json(config);
    EXPECT_EQ(model_config_to_json(model_config_from_json(json, "here")), json);
    auto broken = json;
    broken["heads"] = "many";
    EXPECT_NE(
        test::message_of<InputError>([&] { model_config_from_json(broken, "config.json"); }).find("heads"),
        std::string::npos);
    broken = json;
    broken.erase("pooling");
    test::message_of<InputError>([&] { model_config_from_json(broken, "config.json"); });
    broken = json;
    broken["rows"]["peaks"] = -3;
    test::message_of<InputError>([&] { model_config_from_json(broken, "config.json"); });
    broken = json;
    broken["heads"] = 5;
    test::message_of<InputError>([&] { model_config_from_json(broken, "config.json"); });
}

TEST(ModelConfig, FieldsAreSetByName) {
    ModelConfig config;
    EXPECT_TRUE(set_field(config, "pooling", "mean"));
    EXPECT_EQ(config.pooling, Pooling::Mean);
    EXPECT_FALSE(set_field(config, "no_such_field", "1"));
    EXPECT_NE(
        test::message_of<UsageError>([&] { set_field(config, "peak_norm", "maybe"); }).find("--peak-norm"),
        std::string::npos);
    test::message_of<UsageError>([] { model_preset("huge"); });
}

}  // namespace
}  // namespace epi
