#include "pipeline/nn/training_run.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace epi {
namespace {

namespace fs = std::filesystem;

// One of two processes, and with which exit code the other one says it cannot begin.
class OneOfTwo final : public ProcessGroup {
  public:
    OneOfTwo(int rank, std::uint8_t other_code) : rank_(rank), other_code_(other_code) {}
    int rank() const override { return rank_; }
    int size() const override { return 2; }
    std::vector<std::uint8_t> gather(std::span<const std::uint8_t> own) const override {
        told.assign(own.begin(), own.end());
        const auto mine = own.front();
        return rank_ == 0 ? std::vector{mine, other_code_} : std::vector{other_code_, mine};
    }
    mutable std::vector<std::uint8_t> told;

  private:
    int rank_;
    std::uint8_t other_code_;
};

class TheOutput : public testing::Test {
  protected:
    void SetUp() override {
        options_.output = folder_.path() / "model";
        fs::create_directories(options_.output);
        std::ofstream(options_.output / "precious") << "kept";
    }
    void begin(OneOfTwo& processes) { const TrainingRun run(options_, {}, processes, context_); }
    bool is_kept() const { return fs::exists(options_.output / "precious"); }

    test::TemporaryFolder folder_;
    TrainingOptions options_;
    RunContext context_;
};

TEST_F(TheOutput, ThatExistsIsToldToTheOthers) {
    OneOfTwo first(0, 0);
    EXPECT_THROW(begin(first), UsageError);
    EXPECT_EQ(first.told, std::vector<std::uint8_t>{2});
    EXPECT_TRUE(is_kept());
}

TEST_F(TheOutput, ThatTheFirstRefusesEndsTheOthersWithItsCode) {
    OneOfTwo second(1, 4);
    try {
        begin(second);
        FAIL() << "the first cannot begin";
    } catch (const Error& error) {
        EXPECT_EQ(error.exit_code(), 4);
        EXPECT_STREQ(error.what(), "process 0: cannot begin; look at its own message");
    }
    EXPECT_EQ(second.told, std::vector<std::uint8_t>{0});
}

TEST_F(TheOutput, IsReplacedByTheFirstAlone) {
    context_.force = true;
    OneOfTwo second(1, 0), first(0, 0);
    begin(second);
    EXPECT_TRUE(is_kept());
    begin(first);
    EXPECT_FALSE(is_kept());
}

TEST_F(TheOutput, WithoutACheckpointIsNotResumed) {
    options_.resume = true;
    OneOfTwo second(1, 2);
    EXPECT_THROW(begin(second), UsageError);
    EXPECT_EQ(second.told, std::vector<std::uint8_t>{2});
}

}  // namespace
}  // namespace epi
