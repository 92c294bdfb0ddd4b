#include "batches/cell_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "core/error.hpp"
#include "core/random.hpp"
#include "store/shard.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

std::vector<std::int64_t> iota_cells(std::int64_t n) {
    std::vector<std::int64_t> cells(static_cast<std::size_t>(n));
    std::iota(cells.begin(), cells.end(), 0);
    return cells;
}

std::vector<std::int64_t> all_of(BlockShuffle order) {
    std::vector<std::int64_t> cells;
    for (auto window = order.next(); !window.empty(); window = order.next())
        cells.insert(cells.end(), window.begin(), window.end());
    return cells;
}

// 3,000 cells of 200 peaks; a tenth is of type "rare", the others of "common"; cell c has peak c % 200 open,
// and more.
AtlasCells many_cells(const test::TemporaryFolder& folder) {
    constexpr std::int64_t kCells = 3000;
    ShardContent content;
    std::vector<std::string> types;
    for (std::int32_t peak = 0; peak < 200; ++peak)
        add_interval_named(content.peaks,
                           "chr1:" + std::to_string(10 * peak) + "-" + std::to_string(10 * peak + 5), "");
    for (std::int64_t cell = 0; cell < kCells; ++cell) {
        content.obs.index.push_back("C" + std::to_string(cell));
        types.emplace_back(cell % 10 == 0 ? "rare" : "common");
        for (auto peak = static_cast<std::int32_t>(cell % 200); peak < 200; peak += 7)
            content.indices.push_back(peak);
        content.indptr.push_back(static_cast<std::int32_t>(content.indices.size()));
    }
    content.obs.set("cell_type", make_categorical(types));
    write_shard(content, folder / "s.h5mu", false);
    return AtlasCells::open(folder / "s.h5mu");
}

TEST(CellOrder, EveryOrderHasEveryCellOnceAndFollowsItsSeed) {
    const auto cells = iota_cells(1000);
    for (const std::int64_t n : {0, 1, 31, 32, 33, 1000}) {
        auto order = all_of(BlockShuffle(n, 7, 32, 4));
        EXPECT_EQ(order, all_of(BlockShuffle(n, 7, 32, 4)));
        std::sort(order.begin(), order.end());
        EXPECT_EQ(order, iota_cells(n));
    }
    EXPECT_NE(all_of(BlockShuffle(1000, 7)), all_of(BlockShuffle(1000, 8)));
    auto shuffled = shuffled_cells(cells, 3);
    EXPECT_EQ(shuffled, shuffled_cells(cells, 3));
    EXPECT_NE(shuffled, shuffled_cells(cells, 4));
    std::sort(shuffled.begin(), shuffled.end());
    EXPECT_EQ(shuffled, cells);
    const std::vector<std::int64_t> few{5, 9, 100, 7};
    auto some = all_of(BlockShuffle(few, 1, 2, 1));
    std::sort(some.begin(), some.end());
    EXPECT_EQ(some, (std::vector<std::int64_t>{5, 7, 9, 100}));
}

TEST(CellOrder, AWindowHoldsWholeRunsFromAllOverTheList) {
    BlockShuffle order(3200, 11, 32, 10);
    const auto window = order.next();
    ASSERT_EQ(window.size(), 320u);
    std::map<std::int64_t, int> runs;
    for (const auto cell : window) ++runs[cell / 32];
    EXPECT_EQ(runs.size(), 10u);
    for (const auto& [run, cells] : runs) EXPECT_EQ(cells, 32) << run;
    EXPECT_GT(runs.rbegin()->first - runs.begin()->first, 30);
    EXPECT_FALSE(std::is_sorted(window.begin(), window.begin() + 32));
}

TEST(CellOrder, BalancedCellsComeFromEveryLabelAlike) {
    const test::TemporaryFolder folder;
    const auto atlas = many_cells(folder);
    const BalancedOrder balanced(atlas.size(), [&](std::int64_t cell) { return atlas.cell_type(cell); });
    const auto draws = [&](std::uint64_t seed) {
        std::vector<std::int64_t> cells;
        for (std::int64_t i = 0; i < 6000; ++i) cells.push_back(balanced.at(i, seed));
        return cells;
    };
    const auto order = draws(5);
    EXPECT_EQ(order, draws(5));
    EXPECT_NE(order, draws(6));
    std::map<std::string_view, int> drawn;
    std::map<std::int64_t, int> times;
    for (const auto cell : order) {
        ++drawn[atlas.cell_type(cell)];
        ++times[cell];
    }
    EXPECT_EQ(drawn["rare"], 3000);
    EXPECT_EQ(drawn["common"], 3000);
    // 300 rare cells, dealt like a deck: each ten times, none twice before the others. 2,700 common ones.
    for (std::int64_t cell = 0; cell < atlas.size(); ++cell) {
        if (cell % 10 == 0)
            EXPECT_EQ(times[cell], 10);
        else
            EXPECT_NEAR(times[cell], 1.5, 0.5);
    }
    std::vector<std::int64_t> first, second;  // rare cells of the first two decks
    for (const auto cell : order)
        if (cell % 10 == 0) (first.size() < 300 ? first : second).push_back(cell);
    second.resize(300);
    EXPECT_NE(first, second);
    std::sort(first.begin(), first.end());
    EXPECT_EQ(std::unique(first.begin(), first.end()), first.end());
}

TEST(CellBatches, GiveEveryCellOfTheOrderInBatches) {
    const test::TemporaryFolder folder;
    const auto atlas = many_cells(folder);
    std::vector<std::int64_t> seen;
    CellBatches windows(atlas, BlockShuffle(atlas.size(), 3, 16, 8), 100);
    for (auto batch = windows.next(); !batch.empty(); batch = windows.next()) {
        EXPECT_LE(batch.size(), 100u);
        seen.insert(seen.end(), batch.begin(), batch.end());
        for (const auto cell : batch) EXPECT_EQ(atlas.peaks_of(cell)[0], cell % 200);
    }
    EXPECT_EQ(seen, all_of(BlockShuffle(atlas.size(), 3, 16, 8)));
    const auto order = shuffled_cells(iota_cells(atlas.size()), 2);
    std::vector<std::int64_t> listed;
    CellBatches list(atlas, order, 64);
    for (auto batch = list.next(); !batch.empty(); batch = list.next())
        listed.insert(listed.end(), batch.begin(), batch.end());
    EXPECT_EQ(listed, order);
}

TEST(CellBatches, PagesThatWereLetGoComeBack) {
    const test::TemporaryFolder folder;
    auto atlas = many_cells(folder);
    atlas.keep_mapped(1);  // let go after every cell
    const auto view = atlas.peaks_of(5);
    for (std::int64_t cell = 0; cell < atlas.size(); ++cell) ASSERT_EQ(atlas.peaks_of(cell)[0], cell % 200);
    EXPECT_EQ(view[0], 5);
}

}  // namespace
}  // namespace epi
