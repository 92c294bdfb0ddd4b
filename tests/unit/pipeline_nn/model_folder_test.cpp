#include "pipeline/nn/model_folder.hpp"

#include <gtest/gtest.h>

#include "pipeline/nn/calibration.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiny_model.hpp"

namespace epi {
namespace {

TEST(ModelFolder, ReadsBackWhatWasWritten) {
    test::TemporaryFolder folder;
    auto model = test::tiny_model();
    model.calibration = {1.7, 0.4, 12};
    model.genome = "hg38";
    const auto expected = model.network->state();
    const auto path = test::write_tiny_model(folder / "model", std::move(model));
    const auto read = read_model(path);
    const auto got = read.network->state();
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].first, expected[i].first);
        EXPECT_TRUE(got[i].second.equal(expected[i].second)) << got[i].first;
    }
    EXPECT_EQ(read.calibration.temperature, 1.7);
    EXPECT_EQ(read.calibration.unassigned_below, 0.4);
    EXPECT_EQ(read.calibration.min_open_peaks, 12);
    EXPECT_EQ(read.genome, "hg38");
    EXPECT_EQ(read.cell_types, (std::vector<std::string>{"B", "Mono", "T"}));
    EXPECT_EQ(read.peaks.names(), test::tiny_model().peaks.names());
    EXPECT_FALSE(read.network->training());
    check_same_features(read, path, read.peaks_identity(), read.genes_identity(), "atlas");
    check_same_features(read, path, read.peaks_identity(), "", "atlas without RNA");
    EXPECT_NE(
        test::message_of<InputError>([&] { check_same_features(read, path, "x", "", "atlas"); }).find("peak"),
        std::string::npos);
    EXPECT_NE(test::message_of<InputError>([&] {
                  check_same_features(read, path, read.peaks_identity(), "x", "atlas");
              }).find("gene table"),
              std::string::npos);
}

TEST(ModelFolder, ANoFolderAndAnUnfinishedOneAreRefused) {
    test::TemporaryFolder folder;
    test::message_of<InputError>([&] { read_model(folder / "absent"); });
    const auto path = test::write_tiny_model(folder / "model");
    std::filesystem::remove(path / "DONE");
    EXPECT_NE(test::message_of<InputError>([&] { read_model(path); }).find("--resume"), std::string::npos);
}

TEST(Calibration, FindsTheTemperatureThatWasApplied) {
    torch::manual_seed(1);
    const auto logits = 2 * torch::randn({4000, 4}, torch::kFloat64);
    const auto labels = at::softmax(logits, 1).multinomial(1).squeeze(1);
    EXPECT_NEAR(fit_temperature(3.0 * logits, labels), 3.0, 0.25);
    EXPECT_NEAR(fit_temperature(logits / 2, labels), 0.5, 0.05);
}

}  // namespace
}  // namespace epi
