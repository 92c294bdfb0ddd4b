#include "qc/cell_calling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"

namespace epi {
namespace {

TEST(CellCalling, FindsCellsAmongBackground) {
    // Cells around `depth`, log-normal, and many poor barcodes.
    for (const auto& [cells, depth] : {std::pair(50, 3000.0), {600, 1400.0}, {8000, 12'000.0}}) {
        Rng rng(static_cast<std::uint64_t>(cells));
        std::vector<std::int64_t> fragments;
        for (int i = 0; i < cells; ++i)
            fragments.push_back(std::llround(depth * std::exp(0.4 * rng.normal())));
        const auto poorest = *std::min_element(fragments.begin(), fragments.end());
        for (int i = 0; i < 30 * cells; ++i)
            fragments.push_back(static_cast<std::int64_t>(1 + rng.poisson(6)));
        rng.shuffle(fragments);
        const auto call = call_cells(fragments);
        EXPECT_NEAR(static_cast<double>(call.cells), cells, 0.02 * cells);
        EXPECT_GT(call.threshold, 40);
        EXPECT_LT(call.threshold, 1.5 * static_cast<double>(poorest));
    }
}

TEST(CellCalling, IsATenthOfThe99thPercentile) {
    // 100 barcodes of 1000 ... 1099 fragments: with 100 to 200 of them expected, the second is the
    // percentile.
    std::vector<std::int64_t> fragments;
    for (int i = 0; i < 100; ++i) fragments.push_back(1000 + i);
    for (int i = 0; i < 400; ++i) fragments.push_back(20);
    const auto call = call_cells(fragments);
    EXPECT_EQ(call.expected, 100);
    EXPECT_EQ(call.threshold, 1099 / 10 + 1);
    EXPECT_EQ(call.cells, 100);
}

TEST(CellCalling, CallsNothingOfNothing) {
    EXPECT_EQ(call_cells({}).cells, 0);
    EXPECT_EQ(call_cells({5000}).cells, 0);  // one barcode has no background
    EXPECT_EQ(call_cells(std::vector<std::int64_t>(1000, 3)).cells, 0);
}

}  // namespace
}  // namespace epi
