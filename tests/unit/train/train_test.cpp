#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <numeric>
#include <set>

#include "made_up_cells.hpp"
#include "support/temporary_folder.hpp"
#include "train/adam.hpp"
#include "train/sampling.hpp"
#include "train/schedule.hpp"
#include "train/trainer.hpp"

namespace epi {
namespace {

TEST(Sampling, DrawsWithoutReplacement) {
    std::vector<std::int32_t> values(50);
    std::iota(values.begin(), values.end(), 0);
    Rng rng(1);
    const auto drawn = draw(values, 20, rng);
    EXPECT_EQ(std::set<std::int32_t>(drawn.begin(), drawn.end()).size(), 20U);
    EXPECT_EQ(draw(values, 60, rng), values);
}

TEST(Sampling, HalfOfTheGenesAreExpressed) {
    Rng rng(1);
    const std::vector<std::int32_t> expressed{3, 7, 20, 21, 99};
    const auto few = draw_genes(expressed, 1000, 8000, rng);
    EXPECT_EQ(few.genes.size(), 10U);
    EXPECT_EQ(
        std::count_if(few.expressed_at.begin(), few.expressed_at.end(), [](auto at) { return at >= 0; }), 5);
    for (std::size_t i = 0; i < few.genes.size(); ++i) {
        const bool is_expressed =
            std::find(expressed.begin(), expressed.end(), few.genes[i]) != expressed.end();
        EXPECT_EQ(is_expressed, few.expressed_at[i] >= 0);
        if (is_expressed) {
            EXPECT_EQ(expressed[static_cast<std::size_t>(few.expressed_at[i])], few.genes[i]);
        }
    }
    EXPECT_EQ(std::set<std::int32_t>(few.genes.begin(), few.genes.end()).size(), 10U);
    EXPECT_EQ(draw_genes(expressed, 1000, 7, rng).genes.size(), 7U);  // 3 expressed, 4 silent
    EXPECT_EQ(draw_genes(expressed, 7, 8000, rng).genes.size(), 7U);  // only 2 are silent
    EXPECT_TRUE(draw_genes({}, 1000, 8000, rng).genes.empty());
}

TEST(Sampling, BinsAreTheReferences) {
    EXPECT_EQ(bin_counts(std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}, 10),
              (std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_EQ(bin_counts(std::vector<std::int32_t>{4, 4, 4}, 10), (std::vector<std::int32_t>{9, 9, 9}));
    EXPECT_EQ(bin_counts(std::vector<std::int32_t>{3}, 10), (std::vector<std::int32_t>{9}));
    EXPECT_EQ(bin_counts(std::vector<std::int32_t>{5, 1, 2}, 2), (std::vector<std::int32_t>{1, 1, 1}));
    // 70 % ones, then ties: as measured on the reference.
    std::vector<std::int32_t> counts(70, 1);
    counts.insert(counts.end(), 15, 2);
    counts.insert(counts.end(), {3, 3, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5, 5, 5, 9});
    const auto bins = bin_counts(counts, 10);
    EXPECT_EQ(bins[0], 6);
    EXPECT_EQ(bins[70], 7);
    EXPECT_EQ(bins.back(), 9);
    EXPECT_TRUE(bin_counts({}, 10).empty());
}

TEST(Schedule, ReferenceValuesByEpoch) {
    TrainSettings settings;
    settings.schedule = Schedule::Reference;
    const std::vector<std::pair<int, double>> known{
        {1, 1.0e-6},   {2, 2.08e-5},  {5, 8.02e-5},   {6, 1.0e-4},   {10, 6.58e-5},
        {15, 3.42e-6}, {16, 1.0e-6},  {21, 9.0e-5},   {40, 1.55e-6}, {46, 8.1e-5},
        {85, 1.12e-6}, {91, 7.29e-5}, {140, 2.45e-5}, {150, 1.25e-5}};
    for (const auto& [epoch, rate] : known)
        EXPECT_NEAR(learning_rate_at(settings, 0, 1, epoch - 1) / rate, 1, 5e-3) << epoch;
}

TEST(Schedule, CosineRisesThenFalls) {
    TrainSettings settings;
    settings.warmup = 0.1;
    EXPECT_LT(learning_rate_at(settings, 0, 100, 0), 2e-5);
    EXPECT_DOUBLE_EQ(learning_rate_at(settings, 10, 100, 0), settings.learning_rate);
    EXPECT_LT(learning_rate_at(settings, 99, 100, 0), 2e-6);
}

TEST(Adam, EqualsTorchsOnDenseGradients) {
    auto a = torch::rand({5, 3}).requires_grad_(), b = a.detach().clone().requires_grad_();
    Adam ours({{"a", a}});
    torch::optim::Adam theirs({b}, torch::optim::AdamOptions(0.01));
    for (int step = 0; step < 5; ++step) {
        const auto rows = torch::tensor(std::vector<std::int64_t>{step % 3});  // other rows move by momentum
        for (auto* tensor : {&a, &b}) {
            tensor->mutable_grad() = torch::Tensor();
            tensor->index_select(0, rows).square().sum().backward();
        }
        ours.step(0.01, 0, {1.0});
        theirs.step();
    }
    EXPECT_TRUE(at::allclose(a, b, 1e-6, 1e-7));
}

// A table of several pieces; rows that come in some steps only, and a step that none came in.
TEST(Adam, OfATableByRowsEqualsTorchsOnADenseGradient) {
    for (const double decay : {0.0, 0.1}) {
        auto a = torch::rand({5000, 64}).requires_grad_(), b = a.detach().clone().requires_grad_();
        auto c = torch::rand({7}).requires_grad_(), d = c.detach().clone().requires_grad_();
        Adam ours({{"c", c}, {"a", a}});
        torch::optim::AdamW theirs({b, d}, torch::optim::AdamWOptions(0.01).weight_decay(decay));
        const std::vector<std::vector<std::int64_t>> rows_of_step{
            {0, 7, 2047, 2048, 4999}, {7}, {}, {3, 4095, 4096}, {7, 4999}};
        for (const auto& chosen : rows_of_step) {
            const auto rows = torch::tensor(chosen, torch::kInt64);
            RowGradient gradient(a, rows);
            const auto values = torch::randn({rows.size(0), 64});
            b.mutable_grad() = torch::Tensor();
            if (!chosen.empty()) {
                gradient.add(rows, values);
                b.mutable_grad() = torch::zeros_like(b).index_copy_(0, rows, values);
            }
            c.mutable_grad() = torch::randn({7});
            d.mutable_grad() = c.grad().clone();
            ours.step(0.01, decay, {1.0, 1.0}, &gradient);
            theirs.step();
        }
        EXPECT_TRUE(at::allclose(a, b, 1e-6, 1e-7));
        EXPECT_TRUE(at::allclose(c, d, 1e-6, 1e-7));
    }
}

// The trainer against the plain way: dense gradients, torch's clipping, torch's AdamW.
TEST(Trainer, UpdatesAsTorchsAdamOfDenseGradients) {
    const MadeUpCells cells(36, 1), none(0, 2);
    auto config = small_config();
    config.dropout = 0;
    auto settings = small_settings(2);
    settings.tokens_per_batch = 90;  // several backward passes in an update
    settings.peaks_per_cell = 12;
    settings.clip_norm = 0.05;
    settings.weight_decay = 0.02;
    settings.peak_learning_rate = 3;
    settings.cell_type_loss = 0;
    settings.gene_loss = 1;
    Network ours(config, 1), plain(config, 1);
    const std::string peaks = "atac_emb.embedding.weight";
    Trainer trainer(ours, settings, GeneTask::Expressed, cells, none, 5);
    trainer.run({}, [] {});

    std::vector<torch::Tensor> all, others;
    for (const auto& [name, parameter] : plain.parameters()) {
        all.push_back(parameter);
        if (name != peaks) others.push_back(parameter);
    }
    torch::optim::AdamW adam({torch::optim::OptimizerParamGroup(others),
                              torch::optim::OptimizerParamGroup({plain.parameter(peaks)})});
    UpdateFeed feed(cells, settings, config, GeneTask::Expressed, 5);
    plain.set_training(true);
    for (std::int64_t update = 0; update < 2 * feed.updates_per_epoch(); ++update) {
        const auto drawn = feed.get(update);
        EXPECT_GT(drawn.ends.size(), 1U);
        double genes = 0;
        for (const auto& cell : drawn.cells) genes += static_cast<double>(cell.genes.size());
        adam.zero_grad();
        std::size_t begin = 0;
        for (const auto end : drawn.ends) {
            const auto batch = std::span(drawn.cells).subspan(begin, end - begin);
            (losses_of(plain, batch, settings, GeneTask::Expressed, {}).gene / genes).backward();
            begin = end;
        }
        EXPECT_GT(torch::nn::utils::clip_grad_norm_(all, settings.clip_norm), settings.clip_norm);
        const double rate = learning_rate_at(settings, update, 2 * feed.updates_per_epoch(), 0);
        for (std::size_t i = 0; i < 2; ++i) {
            auto& options = static_cast<torch::optim::AdamWOptions&>(adam.param_groups()[i].options());
            options.lr(i == 0 ? rate : 3 * rate).weight_decay(settings.weight_decay);
        }
        adam.step();
    }
    // Elsewhere are parameters whose true gradient is zero, where Adam makes whole steps of rounding noise.
    for (const auto& name : {peaks, std::string("mvc_decoder.fc2.weight")})
        EXPECT_TRUE(at::allclose(ours.parameter(name), plain.parameter(name), 1e-4, 1e-5)) << name;
}

TEST(Trainer, LearnsCellTypesAndGenes) {
    Network network(small_config(), 1);
    const MadeUpCells train(120, 1), validation(60, 2);
    auto settings = small_settings(6);
    settings.gene_loss = 1;
    settings.epochs = 12;
    Trainer trainer(network, settings, GeneTask::Expressed, train, validation, 5);
    trainer.run({}, [] {});
    const auto scores = trainer.evaluate(validation);
    EXPECT_GT(scores.accuracy, 0.9);
    EXPECT_GT(scores.gene_accuracy, 0.72);  // chance is 0.5; knowing the type gives 0.82
    EXPECT_EQ(trainer.log().size(), 12U);
    EXPECT_FALSE(network.training());
}

TEST(Trainer, LearnsLevels) {
    auto config = small_config();
    config.value_head = true;
    Network network(config, 1);
    const MadeUpCells train(120, 1), validation(60, 2);
    auto settings = small_settings(6);
    settings.cell_type_loss = 0;
    settings.gene_loss = 1;
    settings.epochs = 12;
    Trainer trainer(network, settings, GeneTask::Level, train, validation, 5);
    const auto before = trainer.evaluate(validation);
    trainer.run({}, [] {});
    EXPECT_LT(trainer.evaluate(validation).gene_loss, 0.8 * before.gene_loss);
}

TEST(Trainer, AFrozenEncoderStays) {
    Network network(small_config(), 1);
    const auto head = network.parameter("cls_decoder.out_layer.weight").detach().clone();
    const MadeUpCells train(40, 1), none(0, 2);
    const std::vector<std::vector<std::int32_t>> cells{train.cells[0].peaks, train.cells[1].peaks};
    const auto embedding = [&] {
        torch::NoGradGuard no_grad;
        return network.embed_cells(pack_cells(cells));
    };
    const auto before = embedding();
    auto settings = small_settings(6);
    settings.tune = Tune::Frozen;
    settings.epochs = 1;
    Trainer(network, settings, GeneTask::Expressed, train, none, 5).run({}, [] {});
    EXPECT_TRUE(before.equal(embedding()));
    EXPECT_FALSE(head.equal(network.parameter("cls_decoder.out_layer.weight")));
}

// Raises the stop flag after so many updates, as a signal would.
class StopAfter : public ProgressSink {
  public:
    explicit StopAfter(int updates) : left_(updates) {}
    void update(std::string_view, std::uint64_t, std::uint64_t) override {
        if (--left_ == 0) stop = 143;
    }
    void note(std::string_view) override {}
    void warn(std::string_view) override {}
    std::atomic<int> stop{0};

  private:
    int left_;
};

TEST(Trainer, StoppedAndRestoredEndsWithTheSameBits) {
    const MadeUpCells train(50, 1), validation(20, 2);
    auto settings = small_settings(6);
    settings.class_weights = ClassWeights::Balanced;
    settings.peaks_per_cell = 10;
    Network whole(small_config(), 1);
    Trainer uninterrupted(whole, settings, GeneTask::Expressed, train, validation, 5);
    uninterrupted.run({}, [] {});

    Network first(small_config(), 1);
    Trainer before(first, settings, GeneTask::Expressed, train, validation, 5);
    StopAfter sink(13);
    RunContext context;
    context.progress = &sink;
    context.stop = &sink.stop;
    std::map<std::string, torch::Tensor> tensors;
    nlohmann::ordered_json counters;
    EXPECT_THROW(before.run(context,
                            [&] {
                                for (const auto& [name, tensor] : before.tensors())
                                    tensors[name] = tensor.detach().clone();
                                counters = nlohmann::ordered_json::parse(before.counters().dump());
                            }),
                 Interrupted);
    Network second(small_config(), 99);  // other start: everything must come from the checkpoint
    Trainer after(second, settings, GeneTask::Expressed, train, validation, 5);
    after.restore(tensors, counters, "checkpoint");
    after.run({}, [] {});
    for (const auto& [name, tensor] : whole.state()) {
        for (const auto& [other, restored] : second.state())
            if (name == other) {
                EXPECT_TRUE(tensor.equal(restored)) << name;
            }
    }
    ASSERT_EQ(uninterrupted.log().size(), after.log().size());
    for (std::size_t i = 0; i < after.log().size(); ++i)
        EXPECT_EQ(training_row(uninterrupted.log()[i]), training_row(after.log()[i]));

    auto damaged = tensors;
    damaged.erase("adam.m.norm.bias");
    test::message_of<InputError>([&] { after.restore(damaged, counters, "checkpoint"); });
    counters.erase("update");
    test::message_of<InputError>([&] { after.restore(tensors, counters, "checkpoint"); });
}

TEST(Trainer, ALossThatIsNoNumberNamesTheCell) {
    Network network(small_config(), 1);
    MadeUpCells train(12, 1);
    for (auto& cell : train.cells) std::erase(cell.peaks, 7);
    train.cells[4].peaks.push_back(7);
    const MadeUpCells none(0, 2);
    {
        torch::NoGradGuard no_grad;
        network.parameter("atac_emb.embedding.weight")[7 + kSpecials].fill_(std::nan(""));
    }
    auto settings = small_settings(6);
    Trainer trainer(network, settings, GeneTask::Expressed, train, none, 5);
    const auto message = test::message_of<InputError>([&] { trainer.run({}, [] {}); });
    EXPECT_NE(message.find("no number"), std::string::npos) << message;
    EXPECT_NE(message.find("cell4"), std::string::npos) << message;
}

TEST(Trainer, EarlyStoppingKeepsTheBest) {
    Network network(small_config(), 1);
    const MadeUpCells train(30, 1), validation(20, 2);
    auto settings = small_settings(6);
    settings.epochs = 60;
    settings.learning_rate = 0.05;
    settings.schedule = Schedule::Cosine;
    settings.patience = 2;
    Trainer trainer(network, settings, GeneTask::Expressed, train, validation, 5);
    trainer.run({}, [] {});
    EXPECT_LT(trainer.log().size(), 60U);
    double best = INFINITY;
    for (const auto& record : trainer.log()) best = std::min(best, record.validation.loss);
    EXPECT_DOUBLE_EQ(trainer.evaluate(validation).loss, best);
}

TEST(Trainer, CellsWithoutPeaksOrGenesAreBorne) {
    Network network(small_config(), 1);
    MadeUpCells train(10, 1);
    train.cells[0].peaks.clear();
    train.cells[1].genes.clear();
    train.cells[2].cell_type = -1;
    const MadeUpCells none(0, 2);
    auto settings = small_settings(6);
    settings.epochs = 2;
    settings.tokens_per_batch = 1;  // every cell alone
    Trainer trainer(network, settings, GeneTask::Expressed, train, none, 5);
    trainer.run({}, [] {});
    EXPECT_TRUE(std::isfinite(trainer.log().back().train.loss));
    test::message_of<InputError>(
        [&] { Trainer(network, settings, GeneTask::Expressed, none, none, 5).run({}, [] {}); });
}

TEST(Trainer, GroupsOfTokensDoNotChangeTheUpdate) {
    const MadeUpCells train(24, 1), none(0, 2);
    auto settings = small_settings(6);
    settings.epochs = 1;
    settings.cells_per_update = 24;
    auto config = small_config();
    config.dropout = 0;
    std::vector<torch::Tensor> results;
    for (const int tokens : {100000, 40}) {
        settings.tokens_per_batch = tokens;
        // Batch statistics are those of a group: without batch normalisation's noise only rounding may
        // differ.
        settings.tune = Tune::Frozen;
        settings.gene_loss = 0;
        Network network(config, 1);
        Trainer(network, settings, GeneTask::Expressed, train, none, 5).run({}, [] {});
        results.push_back(network.parameter("cls_decoder.out_layer.bias").detach());
    }
    EXPECT_TRUE(at::allclose(results[0], results[1], 1e-4, 1e-5));
}

TEST(Settings, NonsenseIsRefused) {
    const auto refused = [](auto change) {
        TrainSettings settings;
        change(settings);
        test::message_of<UsageError>([&] { check_train_settings(settings); });
    };
    refused([](auto& s) { s.epochs = 0; });
    refused([](auto& s) { s.learning_rate = 0; });
    refused([](auto& s) { s.min_learning_rate = 1; });
    refused([](auto& s) { s.warmup = 2; });
    refused([](auto& s) { s.cells_per_update = 0; });
    refused([](auto& s) { s.tokens_per_batch = 0; });
    refused([](auto& s) { s.peaks_per_cell = -1; });
    refused([](auto& s) { s.clip_norm = -1; });
    refused([](auto& s) { s.weight_decay = -1; });
    refused([](auto& s) { s.peak_learning_rate = -1; });
    refused([](auto& s) { s.svd_rank = 0; });
    refused([](auto& s) { s.gene_loss = 0; });
    refused([](auto& s) { s.label_smoothing = 1; });
    refused([](auto& s) { s.validate_every = 0; });
    refused([](auto& s) { s.patience = -1; });
    test::message_of<UsageError>([] { train_preset("small", "nothing"); });
}

}  // namespace
}  // namespace epi
