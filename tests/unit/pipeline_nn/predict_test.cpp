#include "pipeline/nn/predict.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "io/byte_source.hpp"
#include "io/table.hpp"
#include "pipeline/nn/cell_types.hpp"
#include "pipeline/nn/embed.hpp"
#include "store/anndata.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tiny_model.hpp"

namespace epi {
namespace {

using test::message_of;

// `n` cells; cell i has i open peaks, of peaks named `names`.
AnnData cells_on(const std::vector<std::string>& names, int n) {
    AnnData data;
    data.var.index = names;
    data.x.cols = static_cast<std::int64_t>(names.size());
    Rng rng(1);
    for (int i = 0; i < n; ++i) {
        std::vector<std::int32_t> peaks;
        for (int p = 0; p < static_cast<int>(names.size()); ++p)
            if (rng.uniform() * static_cast<double>(n) < i) peaks.push_back(p);
        if (i == 0) peaks.clear();
        data.x.add_row(peaks, std::vector<double>(peaks.size(), 2.0));
        data.obs.index.push_back("cell" + std::to_string(i));
    }
    return data;
}

class WithModel : public testing::Test {
  protected:
    std::filesystem::path write_cells(const AnnData& cells, const std::string& name = "cells.h5ad") {
        write_h5ad(cells, folder_ / name, true);
        return folder_ / name;
    }
    std::filesystem::path own_cells(int n = 12) { return write_cells(cells_on(model_.peaks.names(), n)); }

    test::TemporaryFolder folder_;
    ModelFolder model_ = test::tiny_model();
    std::filesystem::path model_path_ = test::write_tiny_model(folder_ / "model", test::tiny_model());
    RunContext context_;
};

using Embed = WithModel;
using Predict = WithModel;

TEST_F(Embed, GivesTheSameBytesAtAnyThreadCount) {
    const auto cells = own_cells(30);
    context_.threads = 1;
    embed({cells, model_path_, folder_ / "one.h5ad"}, context_);
    context_.threads = 3;
    embed({cells, model_path_, folder_ / "three.h5ad"}, context_);
    EXPECT_EQ(read_all(folder_ / "one.h5ad"), read_all(folder_ / "three.h5ad"));
}

TEST_F(Embed, WritesARowPerCellAndKeepsItsColumns) {
    auto cells = cells_on(model_.peaks.names(), 5);
    cells.obs.set("cell_type", make_categorical({"B", "", "T", "B", "B"}));
    const auto result = embed({write_cells(cells), model_path_, folder_ / "z.h5ad"}, context_);
    EXPECT_EQ(result.rows, 5);
    const auto out = read_h5ad(folder_ / "z.h5ad");
    EXPECT_EQ(out.obs.index, cells.obs.index);
    EXPECT_EQ(out.obs.text("cell_type", "z"), (std::vector<std::string>{"B", "", "T", "B", "B"}));
    EXPECT_EQ(out.obsm.at("X_epifoundry").cols, 16U);
}

TEST_F(Embed, OtherPeaksAreMappedByOverlap) {
    auto names = model_.peaks.names();
    const auto expected = embed({own_cells(), model_path_, folder_ / "own.h5ad"}, context_);
    EXPECT_EQ(expected.rows, 12);
    for (auto& name : names) {  // each peak starts and ends 100 bp later, and is spelled as Signac does
        IntervalSet one;
        add_interval_named(one, name, "test");
        name = one.chromosomes.name(0) + "-" + std::to_string(one.intervals[0].start + 100) + "-" +
               std::to_string(one.intervals[0].end + 100);
    }
    embed({write_cells(cells_on(names, 12), "shifted.h5ad"), model_path_, folder_ / "shifted_z.h5ad"},
          context_);
    const auto own = read_h5ad(folder_ / "own.h5ad"), shifted = read_h5ad(folder_ / "shifted_z.h5ad");
    EXPECT_EQ(own.obsm.at("X_epifoundry").values, shifted.obsm.at("X_epifoundry").values);
    EXPECT_EQ(shifted.uns["epifoundry"]["peak_mapping"]["exact"], false);
    EXPECT_EQ(shifted.uns["epifoundry"]["peak_mapping"]["sample_peaks_mapped"], 40);
}

TEST_F(Embed, RefusesPeaksThatDoNotReachTheModel) {
    const auto cells = write_cells(cells_on({"chr9:1-200", "chr9:500-700", "chr1:1000-1300"}, 9));
    const auto message = message_of<InputError>([&] {
        embed({cells, model_path_, folder_ / "z.h5ad"}, context_);
    });
    EXPECT_NE(message.find("1 of 3 peaks map"), std::string::npos) << message;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "z.h5ad"));
}

TEST_F(Embed, RegionsAreTheModelsPeaks) {
    EmbedOptions options;
    options.model = model_path_;
    options.output = folder_ / "regions.h5ad";
    EXPECT_NE(message_of<UsageError>([&] { embed(options, context_); }).find("--regions"), std::string::npos);
    options.regions = true;
    EXPECT_EQ(embed(options, context_).rows, 40);
    const auto out = read_h5ad(options.output);
    EXPECT_EQ(out.obs.index[1], "chr1:1000-1300");
    EXPECT_EQ(out.obs.numbers("start", "regions")[1], 1000);
}

TEST_F(Predict, NamesCellsAndWritesTheTableBesideThem) {
    PredictOptions options;
    options.input = own_cells();
    options.model = model_path_;
    options.output = folder_ / "out" / "types.h5ad";
    options.min_confidence = 0;
    const auto result = predict(options, context_);
    EXPECT_EQ(result.cells, 12);
    EXPECT_EQ(result.unassigned, 1) << "the cell without open peaks";
    const auto table = read_table(folder_ / "out" / "predictions.tsv");
    EXPECT_EQ(table.values("predicted_cell_type")[0], "unassigned");
    EXPECT_EQ(table.values("reason")[0], "no open peaks");
    const auto out = read_h5ad(options.output);
    const auto& probabilities = out.obsm.at("cell_type_probabilities");
    for (std::size_t cell = 1; cell < 12; ++cell) {
        double sum = 0;
        for (const double p : probabilities.row(cell)) sum += p;
        EXPECT_NEAR(sum, 1, 1e-6);
        EXPECT_EQ(table.values("predicted_cell_type")[cell], out.obs.text("predicted_cell_type", "x")[cell]);
    }
}

TEST_F(Predict, CellsBelowTheConfidenceAreUnassigned) {
    PredictOptions options;
    options.input = own_cells();
    options.model = model_path_;
    options.output = folder_ / "types.h5ad";
    options.min_confidence = 1;
    EXPECT_EQ(predict(options, context_).unassigned, 12);
    EXPECT_EQ(read_table(folder_ / "predictions.tsv").values("reason")[5], "low confidence");
    EXPECT_NE(read_table(folder_ / "predictions.tsv").values("best_cell_type")[5], "");
}

TEST_F(Predict, ExpressionHasAColumnPerGene) {
    PredictOptions options;
    options.input = own_cells();
    options.model = model_path_;
    options.output = folder_ / "genes.h5ad";
    options.task = "expression";
    predict(options, context_);
    const auto plain = read_h5ad(options.output);
    EXPECT_EQ(plain.var.index[2], "GENE2");
    EXPECT_EQ(plain.var.text("gene_ids", "x")[2], "ENSG2");
    ASSERT_EQ(plain.x.nonzeros(), 12 * 8);
    options.output = folder_ / "corrected.h5ad";
    options.prior_correction = 0.1;
    predict(options, context_);
    const auto corrected = read_h5ad(options.output);
    for (std::size_t i = 0; i < plain.x.values.size(); ++i) {
        const double odds = plain.x.values[i] / (1 - plain.x.values[i]);
        EXPECT_NEAR(corrected.x.values[i], odds / 9 / (1 + odds / 9), 1e-5);
    }
}

TEST_F(Predict, AModelOfAnotherTaskIsRefused) {
    PredictOptions options;
    options.input = own_cells();
    options.model = test::write_tiny_model(folder_ / "pretrained", test::tiny_model("pretrain"));
    options.output = folder_ / "types.h5ad";
    EXPECT_NE(message_of<InputError>([&] { predict(options, context_); }).find("finetune"),
              std::string::npos);
    options.task = "colour";
    EXPECT_NE(message_of<UsageError>([&] { predict(options, context_); }).find("--task"), std::string::npos);
    options.task = "expression";
    options.prior_correction = 1;
    EXPECT_NE(message_of<UsageError>([&] { predict(options, context_); }).find("--prior-correction"),
              std::string::npos);
}

TEST(VerdictsOf, FewOpenPeaksSpeakBeforeConfidence) {
    DenseMatrix probabilities(3, 2);
    probabilities.values = {0.9, 0.1, 0.6, 0.4, 0.5, 0.5};
    OpenPeaks open;
    open.cols = 5;
    const std::vector<std::int32_t> peaks = {0, 1, 2};
    const std::vector<std::uint8_t> ones(3, 1);
    open.add_row(peaks, ones);
    open.add_row(std::span(peaks).first(1), std::span(ones).first(1));
    open.add_row(peaks, ones);
    const auto verdicts = verdicts_of(probabilities, open, {}, {1.0, 0.55, 2});
    EXPECT_EQ(verdicts[0].reason, "");
    EXPECT_EQ(verdicts[1].reason, "few open peaks");
    EXPECT_EQ(verdicts[2].reason, "low confidence");
    EXPECT_EQ(verdicts_of(probabilities, open, 0.5, {1.0, 0.55, 2})[2].reason, "");
}

}  // namespace
}  // namespace epi
