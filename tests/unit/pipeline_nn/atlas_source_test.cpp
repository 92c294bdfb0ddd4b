#include "pipeline/nn/atlas_source.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/shard.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

// 60 cells of 5 peaks: cell c has peak c % 5 open, type A, B or none in turn, and batch "b" in its first
// half.
AtlasCells sixty_cells(const test::TemporaryFolder& folder) {
    ShardContent content;
    std::vector<std::string> types, batches;
    for (int peak = 0; peak < 5; ++peak)
        add_interval_named(content.peaks,
                           "chr1:" + std::to_string(10 * peak) + "-" + std::to_string(10 * peak + 5), "test");
    for (std::int32_t cell = 0; cell < 60; ++cell) {
        content.obs.index.push_back("C" + std::to_string(cell));
        types.emplace_back(std::vector{"A", "B", ""}[static_cast<std::size_t>(cell % 3)]);
        batches.emplace_back(cell < 30 ? "b" : "a");
        content.indices.push_back(cell % 5);
        content.indptr.push_back(static_cast<std::int32_t>(content.indices.size()));
    }
    content.obs.set("cell_type", make_categorical(types));
    content.obs.set("batch", make_categorical(batches));
    write_shard(content, folder / "s.h5mu", false);
    return AtlasCells::open(folder / "s.h5mu");
}

TEST(AtlasSource, GivesTheChosenCellsWithTheirLabelsAsNumbers) {
    const test::TemporaryFolder folder;
    const auto atlas = sixty_cells(folder);
    const auto chosen = cells_to_use(atlas, "train", CellFilter::parse("batch == b"),
                                     [](std::int64_t cell) { return cell % 2 == 1; });
    EXPECT_EQ(labels_among(atlas, chosen, CellLabel::CellType), (std::vector<std::string>{"A", "B"}));
    EXPECT_EQ(labels_among(atlas, chosen, CellLabel::Batch), (std::vector<std::string>{"b"}));
    EXPECT_TRUE(cells_to_use(atlas, "val", CellFilter::parse(""), [](std::int64_t) { return true; }).empty());
    const AtlasSource source(atlas, chosen, {"B", "C"}, {"a", "b"});
    ASSERT_EQ(source.size(), 15);
    for (std::int64_t i = 0; i < source.size(); ++i) {
        const auto cell = 2 * i + 1;
        TrainingCell read;
        source.read(i, read);
        EXPECT_EQ(source.name(i), "C" + std::to_string(cell));
        EXPECT_EQ(read.peaks, (std::vector<std::int32_t>{static_cast<std::int32_t>(cell % 5)}));
        EXPECT_EQ(read.cell_type, cell % 3 == 1 ? 0 : -1);  // A is not listed
        EXPECT_EQ(source.cell_type(i), read.cell_type);
        EXPECT_EQ(read.batch, 1);
        EXPECT_EQ(source.open_peaks(i), 1);
    }
}

TEST(AtlasSource, BalancesByAColumn) {
    const test::TemporaryFolder folder;
    const auto atlas = sixty_cells(folder);
    // 5 of batch "a", 30 of "b".
    const CellSet chosen(60, [](std::int64_t cell) { return cell < 30 || cell >= 55; });
    AtlasSource source(atlas, chosen, {}, {"a", "b"});
    const auto drawn = [&] {
        std::map<std::string_view, int> batches;
        const auto order = source.epoch_order(3);
        for (std::int64_t i = 0; i < 34; ++i) ++batches[atlas.batch(chosen[order(i)])];
        return batches;
    };
    EXPECT_LT(drawn()["a"], 6);
    source.balance_by(Balance::Batch);
    EXPECT_EQ(drawn()["a"], 17);
    EXPECT_EQ(drawn()["b"], 17);
    source.balance_by(Balance::None);
    EXPECT_LT(drawn()["a"], 6);
}

}  // namespace
}  // namespace epi
