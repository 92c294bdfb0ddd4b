// What training can be asked to do otherwise: draws that balance, parts that stay, other precision, other
// sums.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <set>

#include "made_up_cells.hpp"
#include "support/temporary_folder.hpp"
#include "train/schedule.hpp"
#include "train/trainer.hpp"

namespace epi {
namespace {

using Tensors = std::map<std::string, torch::Tensor>;

Tensors copy_of(const Network& network) {
    Tensors copy;
    for (const auto& [name, tensor] : network.state()) copy.emplace(name, tensor.detach().clone());
    return copy;
}

// Names of the tensors that differ.
std::set<std::string> moved(const Tensors& before, const Network& after) {
    std::set<std::string> names;
    for (const auto& [name, tensor] : after.state())
        if (!before.contains(name) || !before.at(name).equal(tensor)) names.insert(name);
    return names;
}

void train(Network& network, const TrainSettings& settings, const CellSource& cells,
           GeneTask task = GeneTask::Expressed) {
    const MadeUpCells none(0, 2);
    Trainer(network, settings, task, cells, none, 5).run({}, [] {});
}

TEST(Feed, GivesTheSameCellsInWhateverOrderUpdatesAreAsked) {
    const MadeUpCells cells(50, 1);
    auto settings = small_settings(2);
    settings.peaks_per_cell = 5;
    UpdateFeed along(cells, settings, small_config(), GeneTask::Expressed, 3),
        across(cells, settings, small_config(), GeneTask::Expressed, 3);
    ASSERT_EQ(along.updates_per_epoch(), 5);
    std::vector<std::vector<DrawnCell>> updates;
    for (std::int64_t update = 0; update < 10; ++update) updates.push_back(along.get(update).cells);
    std::set<std::int64_t> first_epoch;
    for (std::size_t update = 0; update < 5; ++update)
        for (const auto& cell : updates[update]) first_epoch.insert(cell.cell);
    EXPECT_EQ(first_epoch.size(), 50U);
    for (const std::int64_t update : {7, 2, 9, 0}) {
        const auto again = across.get(update).cells;
        const auto& before = updates[static_cast<std::size_t>(update)];
        ASSERT_EQ(again.size(), before.size());
        for (std::size_t i = 0; i < again.size(); ++i) {
            EXPECT_EQ(again[i].cell, before[i].cell);
            EXPECT_EQ(again[i].peaks, before[i].peaks);
            EXPECT_EQ(again[i].genes, before[i].genes);
        }
    }
    EXPECT_GE(along.seconds_waited(), 0);
}

// Gives its first cell and no other.
class OneCellOnly : public MadeUpCells {
  public:
    using MadeUpCells::MadeUpCells;
    Order epoch_order(std::uint64_t) const override {
        return [](std::int64_t) { return 0; };
    }
};

TEST(Feed, ACellThatComesOftenIsDrawnAnewEachTime) {
    const OneCellOnly cells(12, 1);
    auto settings = small_settings(2);
    settings.peaks_per_cell = 5;
    settings.balance = Balance::CellType;
    UpdateFeed feed(cells, settings, small_config(), GeneTask::Expressed, 3);
    std::set<std::vector<std::int32_t>> draws;
    for (const auto& cell : feed.get(0).cells) draws.insert(cell.peaks);
    EXPECT_GT(draws.size(), 9U);
}

// So many that a list of them would be seen.
class TenMillionCells : public CellSource {
  public:
    std::int64_t size() const override { return 10'000'000; }
    void read(std::int64_t cell, TrainingCell& out) const override {
        out.peaks = {static_cast<std::int32_t>(cell % 60)};
    }
    std::int32_t cell_type(std::int64_t) const override { return -1; }
    std::string name(std::int64_t cell) const override { return std::to_string(cell); }
    std::int64_t open_peaks(std::int64_t) const override { return 1; }
};

double resident_mb() {
    std::ifstream statm("/proc/self/statm");
    double pages = 0;
    statm >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

TEST(Feed, HoldsNoListOfAllCells) {
    const TenMillionCells cells;
    auto settings = small_settings(2);
    settings.cells_per_update = 1000;
    const double before = resident_mb();
    UpdateFeed feed(cells, settings, small_config(), GeneTask::Expressed, 3);
    std::set<std::int64_t> seen;
    for (std::int64_t update = 0; update < 20; ++update)
        for (const auto& cell : feed.get(update).cells) seen.insert(cell.cell);
    EXPECT_EQ(seen.size(), 20'000U);
    EXPECT_LT(*seen.begin(), 10'000);
    EXPECT_GT(*seen.rbegin(), 9'990'000);
    EXPECT_LT(resident_mb() - before, 10);
}

class ThrowingCells : public MadeUpCells {
  public:
    using MadeUpCells::MadeUpCells;
    void read(std::int64_t, TrainingCell&) const override {
        throw ResourceError("disk", "is gone", "plug it in");
    }
};

TEST(Feed, WhatReadingThrowsComesThrough) {
    const ThrowingCells cells(30, 1);
    Network network(small_config(), 1);
    test::message_of<ResourceError>([&] { train(network, small_settings(2), cells); });
}

TEST(Tune, FrozenMovesTheHeadOfTheTaskOnly) {
    Network network(small_config(), 1);
    auto settings = small_settings(2);
    settings.tune = Tune::Frozen;
    const auto before = copy_of(network);
    train(network, settings, MadeUpCells(40, 1));
    const auto names = moved(before, network);
    EXPECT_TRUE(names.contains("cls_decoder.out_layer.weight"));
    for (const auto& name : names) EXPECT_TRUE(name.starts_with("cls_decoder.")) << name;
}

TEST(Tune, FrozenLevelsMoveTheValueHeadOnly) {
    auto config = small_config();
    config.value_head = true;
    Network network(config, 1);
    auto settings = small_settings(2);
    settings.tune = Tune::Frozen;
    settings.gene_loss = 1;
    settings.cell_type_loss = 0;
    const auto before = copy_of(network);
    train(network, settings, MadeUpCells(40, 1), GeneTask::Level);
    const auto names = moved(before, network);
    EXPECT_TRUE(names.contains("value_decoder.fc2.weight"));
    for (const auto& name : names) EXPECT_TRUE(name.starts_with("value_decoder.")) << name;
}

TEST(Tune, LoraMovesAttentionByAMatrixOfItsRank) {
    Network network(small_config(), 1);
    auto settings = small_settings(2);
    settings.tune = Tune::Lora;
    settings.lora_rank = 2;
    const auto before = copy_of(network);
    network.add_lora(settings.lora_rank, settings.lora_alpha, 3);
    const MadeUpCells cells(40, 1);
    train(network, settings, cells);
    const std::vector<std::vector<std::int32_t>> peaks{cells.cells[0].peaks, cells.cells[1].peaks};
    const auto embedding = [&] {
        torch::NoGradGuard no_grad;
        return network.embed_cells(pack_cells(peaks));
    };
    const auto apart = embedding();
    network.merge_lora();
    EXPECT_TRUE(apart.equal(embedding()));
    const auto names = moved(before, network);
    EXPECT_EQ(before.size(), network.state().size());
    for (const auto& name : names)
        EXPECT_TRUE(name.starts_with("cls_decoder.") || name.ends_with("Wqkv.weight") ||
                    name.ends_with("out_proj.weight"))
            << name;
    const std::string first = "encoder.transformer_encoder.layers.0.self_attn.Wqkv.weight";
    ASSERT_TRUE(names.contains(first));
    const auto change = network.parameter(first).detach() - before.at(first);
    const auto sizes = at::linalg_svdvals(change);
    EXPECT_GT(sizes[1].item<double>(), 1e-4);
    EXPECT_LT(sizes[2].item<double>(), 1e-3 * sizes[1].item<double>());
}

TEST(Keep, TheLastWeightsWhereAsked) {
    const MadeUpCells cells(30, 1), validation(20, 2);
    auto settings = small_settings(2);
    settings.epochs = 6;
    settings.learning_rate = settings.min_learning_rate = 3;  // nothing gets better
    const auto loss_at_end = [&](Keep keep) {
        settings.keep = keep;
        Network network(small_config(), 1);
        Trainer trainer(network, settings, GeneTask::Expressed, cells, validation, 5);
        trainer.run({}, [] {});
        double best = INFINITY;
        for (const auto& record : trainer.log()) best = std::min(best, record.validation.loss);
        const double last = trainer.log().back().validation.loss;
        EXPECT_LT(best, last);
        EXPECT_DOUBLE_EQ(trainer.evaluate(validation).loss, keep == Keep::Best ? best : last);
    };
    loss_at_end(Keep::Best);
    loss_at_end(Keep::Last);
}

// With batches of k cells, an update moves as Adam on the mean of the batches' mean losses.
TEST(CellsPerBatch, EveryBatchCountsAlike) {
    const MadeUpCells cells(10, 1);
    auto config = small_config();
    config.dropout = 0;
    auto settings = small_settings(2);
    settings.epochs = 1;
    settings.cells_per_update = 12;  // 3 batches of 4: two whole ones, and one of 2 cells
    settings.cells_per_batch = 4;
    settings.gene_loss = 1;
    settings.cell_type_loss = 0;
    settings.clip_norm = 0;
    Network network(config, 1), plain(config, 1);
    train(network, settings, cells);

    UpdateFeed feed(cells, settings, config, GeneTask::Expressed, 5);
    const auto drawn = feed.get(0).cells;
    plain.set_training(true);
    Adam adam(plain.parameters());
    torch::Tensor total;
    for (const auto& [begin, size] : {std::pair<std::size_t, std::size_t>{0, 4}, {4, 4}, {8, 2}}) {
        const auto losses =
            losses_of(plain, std::span(drawn).subspan(begin, size), settings, GeneTask::Expressed, {});
        const auto mean = losses.gene / losses.genes / 3;
        total = total.defined() ? total + mean : mean;
    }
    total.backward();
    adam.step(learning_rate_at(settings, 0, 1, 0), settings.weight_decay,
              std::vector<double>(plain.parameters().size(), 1.0));
    // Elsewhere are parameters whose true gradient is zero, where Adam makes whole steps of rounding noise.
    for (const auto& [name, tensor] : plain.parameters())
        if (name.starts_with("mvc_decoder.fc")) {
            EXPECT_TRUE(at::allclose(tensor, network.parameter(name), 1e-4, 1e-5)) << name;
        }
}

TEST(Precision, Bf16LearnsAlmostTheSame) {
    const MadeUpCells cells(60, 1), validation(30, 2);
    auto settings = small_settings(2);
    settings.epochs = 3;
    double losses[2];
    for (const auto precision : {Precision::Float32, Precision::Bf16}) {
        settings.precision = precision;
        Network network(small_config(), 1);
        Trainer trainer(network, settings, GeneTask::Expressed, cells, validation, 5);
        trainer.run({}, [] {});
        losses[precision == Precision::Bf16] = trainer.log().back().validation.loss;
        for (const auto& [name, tensor] : network.parameters())
            EXPECT_EQ(tensor.scalar_type(), torch::kFloat32) << name;
    }
    EXPECT_NE(losses[0], losses[1]);
    EXPECT_NEAR(losses[1] / losses[0], 1, 0.1);
}

TEST(Precision, Bf16LossesAreNearFloat32) {
    const MadeUpCells cells(12, 1);
    const Network network(small_config(), 1);
    auto settings = small_settings(2);
    UpdateFeed feed(cells, settings, small_config(), GeneTask::Expressed, 5);
    const auto drawn = feed.get(0).cells;
    torch::NoGradGuard no_grad;
    const auto exact = losses_of(network, drawn, settings, GeneTask::Expressed, {});
    settings.precision = Precision::Bf16;
    const auto rough = losses_of(network, drawn, settings, GeneTask::Expressed, {});
    EXPECT_NEAR(rough.gene.item<double>() / exact.gene.item<double>(), 1, 0.01);
    EXPECT_NEAR(rough.cell_type.item<double>() / exact.cell_type.item<double>(), 1, 0.01);
    EXPECT_EQ(rough.gene.scalar_type(), torch::kFloat32);
}

// Raises the stop flag while cell `at` is read for the so manieth time.
class StopAtRead : public MadeUpCells {
  public:
    using MadeUpCells::MadeUpCells;
    void read(std::int64_t cell, TrainingCell& out) const override {
        if (cell == 3 && --left == 0) stop = 143;
        MadeUpCells::read(cell, out);
    }
    mutable std::atomic<int> left{0}, stop{0};
};

TEST(Trainer, StoppedWhileItValidatesEndsWithTheSameBits) {
    const MadeUpCells cells(50, 1);
    StopAtRead validation(20, 2);
    auto settings = small_settings(2);
    settings.epochs = 4;
    settings.tokens_per_batch = 30;  // several looks at the flag in a validation
    Network whole(small_config(), 1);
    Trainer uninterrupted(whole, settings, GeneTask::Expressed, cells, validation, 5);
    uninterrupted.run({}, [] {});

    Network first(small_config(), 1);
    Trainer before(first, settings, GeneTask::Expressed, cells, validation, 5);
    RunContext context;
    context.stop = &validation.stop;
    validation.left = 2;  // in the second epoch
    Tensors tensors;
    nlohmann::ordered_json counters;
    EXPECT_THROW(before.run(context,
                            [&] {
                                tensors.clear();
                                for (const auto& [name, tensor] : before.tensors())
                                    tensors[name] = tensor.detach().clone();
                                counters = before.counters();
                            }),
                 Interrupted);
    EXPECT_EQ(before.log().size(), 1U);
    Network second(small_config(), 99);
    Trainer after(second, settings, GeneTask::Expressed, cells, validation, 5);
    after.restore(tensors, counters, "checkpoint");
    after.run({}, [] {});
    EXPECT_TRUE(moved(copy_of(whole), second).empty());
    ASSERT_EQ(uninterrupted.log().size(), after.log().size());
    EXPECT_EQ(training_row(uninterrupted.log()[1]), training_row(after.log()[1]));
}

TEST(Trainer, AGradientThatIsNoNumberStopsBeforeItMovesAnything) {
    Network network(small_config(), 1);
    const MadeUpCells cells(12, 1);
    {
        torch::NoGradGuard no_grad;
        // Finite outputs, but the square of this overflows on the way back.
        network.parameter("norm.weight").fill_(3e38);
    }
    const auto before = copy_of(network);
    auto settings = small_settings(2);
    const auto message = test::message_of<InputError>([&] { train(network, settings, cells); });
    EXPECT_NE(message.find("no number"), std::string::npos) << message;
    for (const auto& name : moved(before, network)) EXPECT_TRUE(name.starts_with("bn_")) << name;
}

TEST(Trainer, SaysHowLongItWaited) {
    Network network(small_config(), 1);
    const MadeUpCells cells(50, 1), none(0, 2);
    Trainer trainer(network, small_settings(2), GeneTask::Expressed, cells, none, 5);
    trainer.run({}, [] {});
    EXPECT_GE(trainer.waiting_share(), 0);
    EXPECT_LT(trainer.waiting_share(), 0.5);
}

}  // namespace
}  // namespace epi
