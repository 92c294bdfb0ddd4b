// Trainings by several processes (here: threads) against the same by one.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <set>

#include "made_up_cells.hpp"
#include "support/temporary_folder.hpp"
#include "thread_group.hpp"
#include "train/trainer.hpp"

namespace epi {
namespace {

TrainSettings together_settings() {
    auto settings = train_preset("tiny", "cell-type");
    settings.epochs = 2;
    settings.cells_per_update = 12;
    settings.learning_rate = 1e-3;
    settings.peaks_per_cell = 9;
    settings.gene_loss = 1;
    settings.class_weights = ClassWeights::Balanced;
    return settings;
}

ModelConfig config_without_dropout() {
    auto config = small_config();
    config.dropout = config.attention_dropout = 0;
    return config;
}

struct Trained {
    std::vector<std::vector<std::string>> log;
    std::vector<EpochRecord> records;
    std::map<std::string, torch::Tensor> state;
};

// `start`: the seed of the network's first weights, which only count in the first process.
Trained train_as(const ProcessGroup& group, const TrainSettings& settings, std::uint64_t start) {
    const MadeUpCells cells(31, 1), validation(11, 2);
    Network network(config_without_dropout(), start);
    Trainer trainer(network, settings, GeneTask::Expressed, cells, validation, 5, group);
    trainer.run({}, [] {});
    Trained result;
    result.records = trainer.log();
    for (const auto& record : trainer.log()) result.log.push_back(training_row(record));
    for (const auto& [name, tensor] : network.state()) result.state[name] = tensor.detach();
    return result;
}

std::vector<Trained> train_together_as(int size, const TrainSettings& settings) {
    std::vector<Trained> results(static_cast<std::size_t>(size));
    test::ThreadGroup(size).run([&](const ProcessGroup& group) {
        const auto rank = static_cast<std::size_t>(group.rank());
        results[rank] = train_as(group, settings, 1 + rank);
    });
    return results;
}

void expect_like_one(const TrainSettings& settings, int size) {
    const auto one = train_as(ProcessGroup::none(), settings, 1);
    const auto several = train_together_as(size, settings);
    for (const auto& other : several) {
        ASSERT_EQ(other.records.size(), one.records.size());
        EXPECT_EQ(other.log, several[0].log);
        for (std::size_t i = 0; i < one.records.size(); ++i) {
            EXPECT_NEAR(other.records[i].train.loss, one.records[i].train.loss, 1e-4);
            EXPECT_NEAR(other.records[i].validation.loss, one.records[i].validation.loss, 1e-4);
            EXPECT_EQ(other.records[i].updates, one.records[i].updates);
        }
        // Adam makes a step of the learning rate of a gradient that is all rounding: a few weights may differ
        // by steps.
        for (const auto& [name, tensor] : one.state)
            EXPECT_LT((tensor - other.state.at(name)).to(torch::kFloat64).abs().mean().item<double>(), 2e-4)
                << name;
        for (const auto& [name, tensor] : several[0].state)
            EXPECT_TRUE(tensor.equal(other.state.at(name))) << name;
    }
}

TEST(Together, SeveralProcessesTrainAsOne) {
    expect_like_one(together_settings(), 2);
    expect_like_one(together_settings(), 3);
}

TEST(Together, AlsoInBatchesWithFewerCellsThanProcesses) {
    auto settings = together_settings();
    settings.epochs = 1;
    settings.tokens_per_batch = 25;
    expect_like_one(settings, 3);
    settings.cells_per_batch = 4;
    expect_like_one(settings, 3);
}

TEST(Together, AlsoWithAFrozenEncoder) {
    auto settings = together_settings();
    settings.epochs = 1;
    settings.tune = Tune::Frozen;
    expect_like_one(settings, 2);
}

TEST(Together, AgainWithTheSameBits) {
    const auto first = train_together_as(2, together_settings()),
               again = train_together_as(2, together_settings());
    for (const auto& [name, tensor] : first[1].state)
        EXPECT_TRUE(tensor.equal(again[1].state.at(name))) << name;
    EXPECT_EQ(first[0].log, again[0].log);
}

TEST(Together, EachCellIsDrawnByOneOfThem) {
    const MadeUpCells cells(31, 1);
    auto settings = together_settings();
    std::multiset<std::int64_t> seen;
    for (int rank = 0; rank < 3; ++rank) {
        UpdateFeed feed(cells, settings, small_config(), GeneTask::Expressed, 5, rank, 3);
        for (std::int64_t update = 0; update < feed.updates_per_epoch(); ++update) {
            const auto drawn = feed.get(update);
            EXPECT_EQ(drawn.ends.back(), drawn.cells.size());
            EXPECT_EQ(drawn.all_cells, update == 2 ? 7 : 12);
            for (const auto& cell : drawn.cells) seen.insert(cell.cell);
        }
    }
    EXPECT_EQ(seen.size(), 31U);
    EXPECT_EQ(std::set<std::int64_t>(seen.begin(), seen.end()).size(), 31U);
}

TEST(Together, AStopAskedOfOneStopsAllAtTheSameUpdate) {
    const MadeUpCells cells(31, 1), none(0, 2);
    std::atomic<int> asked{143}, checkpoints{0}, stopped{0};
    test::ThreadGroup(3).run([&](const ProcessGroup& group) {
        Network network(config_without_dropout(), 1);
        Trainer trainer(network, together_settings(), GeneTask::Expressed, cells, none, 5, group);
        RunContext context;
        if (group.rank() == 1) context.stop = &asked;
        try {
            trainer.run(context, [&] { ++checkpoints; });
        } catch (const Interrupted& interrupted) {
            EXPECT_EQ(interrupted.exit_code(), 143);
            EXPECT_TRUE(trainer.stopped_in_order());
            ++stopped;
        }
    });
    EXPECT_EQ(checkpoints, 1);
    EXPECT_EQ(stopped, 3);
}

TEST(Together, ALossThatIsNoNumberEndsAllAndNamesTheCell) {
    MadeUpCells cells(12, 1);
    for (auto& cell : cells.cells) std::erase(cell.peaks, 7);
    cells.cells[4].peaks.push_back(7);
    const MadeUpCells none(0, 2);
    auto settings = together_settings();
    settings.peaks_per_cell = 0;
    std::vector<std::string> messages(2);
    test::ThreadGroup(2).run([&](const ProcessGroup& group) {
        Network network(config_without_dropout(), 1);
        {
            torch::NoGradGuard no_grad;
            network.parameter("atac_emb.embedding.weight")[7 + kSpecials].fill_(std::nan(""));
        }
        Trainer trainer(network, settings, GeneTask::Expressed, cells, none, 5, group);
        messages[static_cast<std::size_t>(group.rank())] =
            test::message_of<InputError>([&] { trainer.run({}, [] {}); });
    });
    const auto both = messages[0] + messages[1];
    EXPECT_NE(both.find("at cell cell4"), std::string::npos) << both;
    EXPECT_NE(both.find("a cell of process"), std::string::npos) << both;
}

}  // namespace
}  // namespace epi
