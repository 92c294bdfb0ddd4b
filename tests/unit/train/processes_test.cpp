#include <gtest/gtest.h>

#include <map>

#include "made_up_cells.hpp"
#include "support/temporary_folder.hpp"
#include "thread_group.hpp"
#include "train/batch.hpp"
#include "train/gradients.hpp"
#include "train/launch.hpp"
#include "train/lifeline.hpp"

namespace epi {
namespace {

Launch launched(const std::map<std::string, std::string>& variables) {
    return find_launch([&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

TEST(Launch, EachLauncherIsUnderstood) {
    EXPECT_EQ(launched({}).size, 1);
    const auto torchrun = launched({{"RANK", "3"},
                                    {"WORLD_SIZE", "8"},
                                    {"LOCAL_RANK", "1"},
                                    {"MASTER_ADDR", "node7"},
                                    {"MASTER_PORT", "1234"},
                                    {"SLURM_PROCID", "0"},
                                    {"SLURM_STEP_NUM_TASKS", "2"}});
    EXPECT_EQ(torchrun.rank, 3);
    EXPECT_EQ(torchrun.size, 8);
    EXPECT_EQ(torchrun.local_rank, 1);
    EXPECT_EQ(torchrun.master, "node7");
    EXPECT_EQ(torchrun.port, 1234);
    EXPECT_EQ(torchrun.launcher, "torchrun");
    const auto mpirun = launched({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}});
    EXPECT_EQ(mpirun.rank, 1);
    EXPECT_EQ(mpirun.size, 2);
    EXPECT_EQ(mpirun.launcher, "mpirun");
    const auto srun = launched({{"SLURM_PROCID", "5"},
                                {"SLURM_STEP_NUM_TASKS", "6"},
                                {"SLURM_LOCALID", "2"},
                                {"SLURM_STEP_NODELIST", "gpu[03-05,9]"},
                                {"SLURM_JOB_ID", "40007"}});
    EXPECT_EQ(srun.rank, 5);
    EXPECT_EQ(srun.local_rank, 2);
    EXPECT_EQ(srun.master, "gpu03");
    EXPECT_EQ(srun.port, 20007);
}

TEST(Launch, ABatchScriptOfSlurmIsAlone) {
    const auto launch = launched({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"SLURM_JOB_ID", "7"}});
    EXPECT_EQ(launch.size, 1);
    EXPECT_EQ(launch.launcher, "");
}

TEST(Launch, NonsenseIsRefused) {
    for (const auto& [rank, size] : std::vector<std::pair<std::string, std::string>>{
             {"2", "2"}, {"-1", "2"}, {"one", "2"}, {"0", "0"}, {"0", "many"}})
        test::message_of<UsageError>([&, rank = rank, size = size] {
            launched({{"RANK", rank}, {"WORLD_SIZE", size}});
        });
}

TEST(Launch, FirstHostOfASlurmList) {
    EXPECT_EQ(first_host("n1"), "n1");
    EXPECT_EQ(first_host("n1,n2"), "n1");
    EXPECT_EQ(first_host("n[03-05,9],m1"), "n03");
    EXPECT_EQ(first_host("m1,n[03-05]"), "m1");
    EXPECT_EQ(first_host("rack[2,4]-a,m1"), "rack2-a");
}

TEST(ProcessGroup, AloneNothingHappens) {
    const auto group = join_processes({}, "cpu");
    auto tensor = torch::ones({3});
    group->sum(tensor);
    group->broadcast(tensor);
    EXPECT_TRUE(tensor.equal(torch::ones({3})));
    EXPECT_TRUE(group->first() && group->alone());
    group->finish();
}

TEST(ProcessGroup, WithoutItsPluginItSaysSo) {
    Launch launch;
    launch.size = 2;
    launch.launcher = "mpirun";
    // A unit test has no plug-in for CUDA cards that could be opened without one.
    const auto message = test::message_of<ResourceError>([&] { join_processes(launch, "cuda"); });
    EXPECT_NE(message.find("nccl"), std::string::npos) << message;
    EXPECT_NE(message.find("doctor"), std::string::npos) << message;
}

TEST(Lifeline, HandsOnWhatTheFirstGivesAndNoticesASilentOne) {
    Lifeline first(0, 3, {"127.0.0.1", 0, true});
    Lifeline second(1, 3, {"127.0.0.1", first.port(), true});
    auto third = std::make_unique<Lifeline>(2, 3, Lifeline::Address{"127.0.0.1", first.port(), true});
    EXPECT_EQ(first.from_first("a", {1, 2}), (std::vector<std::uint8_t>{1, 2}));
    EXPECT_EQ(second.from_first("a", {9}), (std::vector<std::uint8_t>{1, 2}));
    for (auto* lifeline : {&first, &second, third.get()}) lifeline->watch(std::chrono::milliseconds(20), 15);
    std::this_thread::sleep_for(std::chrono::milliseconds(800));
    EXPECT_FALSE(first.lost() || second.lost() || third->lost());
    third.reset();
    for (int i = 0; i < 500 && !(first.lost() && second.lost()); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(first.lost() && second.lost());
    EXPECT_NE(first.loss().find("process 2 of 3"), std::string::npos) << first.loss();
}

TEST(Lifeline, NoticesThatTheFirstIsGone) {
    auto first = std::make_unique<Lifeline>(0, 2, Lifeline::Address{"127.0.0.1", 0, true});
    Lifeline second(1, 2, {"127.0.0.1", first->port(), true});
    first->watch(std::chrono::milliseconds(20), 15);
    second.watch(std::chrono::milliseconds(20), 15);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_FALSE(second.lost());
    first.reset();
    for (int i = 0; i < 500 && !second.lost(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_NE(second.loss().find("process 0 of 2"), std::string::npos) << second.loss();
}

// Bit r % 8 of byte r / 8.
std::vector<std::uint8_t> marks_of(const std::vector<std::int64_t>& rows, std::int64_t size) {
    std::vector<std::uint8_t> marks(static_cast<std::size_t>(size + 7) / 8);
    for (const auto row : rows)
        marks[static_cast<std::size_t>(row / 8)] |= static_cast<std::uint8_t>(1 << (row % 8));
    return marks;
}

TEST(Gradients, OfAllProcessesAreAddedUp) {
    test::ThreadGroup(2).run([](const ProcessGroup& group) {
        const auto table = torch::zeros({20, 3}).requires_grad_(),
                   weight = torch::zeros({4}).requires_grad_();
        const auto lonely = torch::zeros({2}).requires_grad_(), unused = torch::zeros({2}).requires_grad_();
        const bool first = group.rank() == 0;
        const auto rows = rows_marked_anywhere(first ? marks_of({2, 17}, 20) : marks_of({2, 9}, 20), group);
        EXPECT_EQ(rows, (std::vector<std::int64_t>{2, 9, 17}));
        RowGradient by_rows(table, torch::tensor(rows));
        by_rows.add(torch::tensor(first ? std::vector<std::int64_t>{2, 17} : std::vector<std::int64_t>{2, 9}),
                    torch::ones({2, 3}));
        weight.mutable_grad() = torch::full({4}, first ? 1.0 : 2.0);
        if (first) lonely.mutable_grad() = torch::ones({2});
        sum_gradients({{"table", table}, {"weight", weight}, {"lonely", lonely}, {"unused", unused}},
                      &by_rows, group);
        EXPECT_FALSE(table.grad().defined());
        EXPECT_TRUE(by_rows.values().select(1, 2).equal(torch::tensor({2.0F, 1.0F, 1.0F})));
        EXPECT_TRUE(weight.grad().equal(torch::full({4}, 3.0)));
        EXPECT_TRUE(lonely.grad().equal(torch::ones({2})));
        EXPECT_FALSE(unused.grad().defined());
    });
}

// A process whose cells have nothing to predict still takes part; where none has, there is no gradient.
TEST(Gradients, ByRowsOfOneProcessReachTheOthers) {
    test::ThreadGroup(3).run([](const ProcessGroup& group) {
        const auto table = torch::zeros({20, 3}).requires_grad_();
        RowGradient some(table, torch::tensor(std::vector<std::int64_t>{4, 6})), none(table, some.rows());
        if (group.rank() == 1) some.add(torch::tensor(std::vector<std::int64_t>{6}), torch::ones({1, 3}));
        for (auto* gradient : {&some, &none}) sum_gradients({{"table", table}}, gradient, group);
        EXPECT_TRUE(some.values().select(1, 0).equal(torch::tensor({0.0F, 1.0F})));
        EXPECT_FALSE(none.values().defined());
    });
}

// Losses, gradients and statistics of some cells, dealt out to so many processes; of several, that of the
// peaks by rows.
struct Step {
    double loss = 0;
    std::map<std::string, torch::Tensor> gradients, buffers;
};

Step step_of(const ModelConfig& config, const std::vector<DrawnCell>& cells, const ProcessGroup& group) {
    Network network(config, 1);
    const std::vector<std::int64_t> none(64, 0), genes(34, 4);
    network.set_chromosomes(none, genes);
    network.set_training(true);
    if (!group.alone())
        network.share_statistics([&](const torch::Tensor& x) { return sum_with_gradient(x, group); });
    auto settings = train_preset("tiny", "cell-type");
    settings.gene_loss = 1;
    std::vector<DrawnCell> own;
    std::vector<std::int64_t> rows{kCls};
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (static_cast<int>(i) % group.size() == group.rank()) own.push_back(cells[i]);
    for (const auto& cell : own)
        for (const auto* peaks : {&cell.peaks, &cell.pooled})
            for (const auto peak : *peaks) rows.push_back(peak + kSpecials);
    const std::string peaks = "atac_emb.embedding.weight";
    const auto marked = rows_marked_anywhere(marks_of(rows, config.peaks), group);
    const auto by_rows = std::make_shared<RowGradient>(network.parameter(peaks), torch::tensor(marked));
    if (!group.alone()) network.collect_peak_gradient(by_rows);
    const auto losses = losses_of(network, own, settings, GeneTask::Expressed, {});
    auto total = losses.gene;
    if (losses.nothing.defined()) total = total + losses.nothing;
    if (losses.cell_type.defined()) total = total + losses.cell_type;
    total.backward();
    sum_gradients(network.parameters(), by_rows.get(), group);
    Step step;
    step.loss = total.item<double>();
    group.sum(std::span(&step.loss, 1));
    for (const auto& [name, parameter] : network.parameters())
        if (parameter.grad().defined()) step.gradients[name] = parameter.grad();
    if (!group.alone())
        step.gradients[peaks] =
            torch::zeros({config.peaks, config.embed_dim}).index_copy_(0, by_rows->rows(), by_rows->values());
    for (const auto& [name, buffer] : network.buffers()) step.buffers[name] = buffer;
    return step;
}

void expect_close(const std::map<std::string, torch::Tensor>& a,
                  const std::map<std::string, torch::Tensor>& b, double tolerance) {
    ASSERT_EQ(a.size(), b.size());
    for (const auto& [name, tensor] : a) {
        ASSERT_TRUE(b.contains(name)) << name;
        // Some gradients are sums that cancel.
        const double most = 1e-6 + tolerance * tensor.abs().max().item<double>();
        EXPECT_LT((tensor - b.at(name)).abs().max().item<double>(), most) << name;
    }
}

class SeveralProcesses : public testing::TestWithParam<std::pair<Pooling, NormStatistics>> {};

TEST_P(SeveralProcesses, HaveTheLossesGradientsAndStatisticsOfOne) {
    auto config = small_config();
    config.dropout = config.attention_dropout = 0;
    std::tie(config.pooling, config.norm_statistics) = GetParam();
    config.max_peaks = 80;
    config.max_genes = 60;
    MadeUpCells source(7, 1);
    source.cells[1].genes.clear();  // of the second process: nothing to predict
    source.cells[3].cell_type = -1;
    std::vector<DrawnCell> cells;
    for (std::int64_t i = 0; i < source.size(); ++i)
        cells.push_back(draw_cell(source, i, 60, config, GeneTask::Expressed, 5));
    const auto single = step_of(config, cells, ProcessGroup::none());
    for (const int size : {2, 3, 9}) {  // 9: two have no cell
        std::vector<Step> steps(static_cast<std::size_t>(size));
        test::ThreadGroup(size).run([&](const ProcessGroup& group) {
            steps[static_cast<std::size_t>(group.rank())] = step_of(config, cells, group);
        });
        for (const auto& step : steps) {
            EXPECT_NEAR(step.loss, single.loss, 1e-5 * std::abs(single.loss)) << size;
            expect_close(single.gradients, step.gradients, 2e-5);
            expect_close(single.buffers, step.buffers, 1e-5);
        }
        for (const auto& [name, gradient] : steps[0].gradients)
            EXPECT_TRUE(gradient.equal(steps.back().gradients.at(name))) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, SeveralProcesses,
                         testing::Values(std::pair(Pooling::Cls, NormStatistics::Real),
                                         std::pair(Pooling::Mean, NormStatistics::Real),
                                         std::pair(Pooling::Cls, NormStatistics::Compat)));

}  // namespace
}  // namespace epi
