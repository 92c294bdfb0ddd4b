#include "fragments/run_merge.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/random.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::TemporaryFolder;

struct Place {
    std::uint32_t start = 0, number = 0;
    auto operator<=>(const Place&) const = default;
};

// The runs that an unsorted file leaves, each a chunk in order of start; `end` numbers the rows of the file.
struct UnsortedFile {
    TemporaryFolder folder;
    FragmentSpool spool{folder.path(), "make room", 1};
    BarcodeNumbers numbers{{5, 6, 7}};
    std::vector<SpooledRun> runs;
    std::vector<Place> expected;

    UnsortedFile(std::size_t chunks, std::size_t rows, std::uint64_t places) {
        Rng rng(chunks);
        std::uint32_t number = 0;
        for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
            std::vector<Place> of_chunk;
            for (std::size_t i = 0; i < rows; ++i)
                of_chunk.push_back({static_cast<std::uint32_t>(rng.below(places)), number++});
            std::sort(of_chunk.begin(), of_chunk.end());
            FragmentColumns columns;
            for (const auto& [start, row] : of_chunk) {
                columns.start.push_back(start);
                columns.end.push_back(start + row);
                columns.barcode.push_back(row % 3);
                columns.reads.push_back(row);
            }
            runs.push_back(spool.add(columns, 0, rows, {chunk << 28, 0, 0, 0, 0, 0, 0}));
            expected.insert(expected.end(), of_chunk.begin(), of_chunk.end());
        }
        std::sort(expected.begin(), expected.end());
    }

    std::vector<Place> merged() const {
        std::vector<Place> found;
        RunMerge merge(spool, runs, numbers);
        for (FragmentColumns columns; merge.next(columns, 1000); columns.clear())
            for (std::size_t i = 0; i < columns.size(); ++i) {
                const auto number = columns.end[i] - columns.start[i];
                EXPECT_EQ(columns.reads[i], number);
                EXPECT_EQ(columns.barcode[i], 5 + number % 3);
                found.push_back({columns.start[i], number});
            }
        return found;
    }
};

// 100 million unsorted rows are some 2,500 chunks; --memory 64M merges 256 runs at a time.
TEST(RunMerge, TakesAsManyRoundsAsItNeeds) {
    for (const std::size_t most : {2, 50, 256, 5000}) {
        UnsortedFile file(2500, 40, 3000);
        ASSERT_GT(most_overlapping(file.runs), 2000U);
        const auto before = file.spool.bytes().size();
        file.runs = merge_overlapping(file.spool, std::move(file.runs), file.numbers, most);
        EXPECT_LE(most_overlapping(file.runs), most);
        const auto rounds = most == 2 ? 10 : most == 50 ? 2 : most == 256 ? 1 : 0;
        EXPECT_GE(file.spool.bytes().size() - before, static_cast<std::uint64_t>(rounds) * 2500 * 40 * 2);
        EXPECT_EQ(file.spool.bytes().size() > before, rounds > 0);
        ASSERT_TRUE(file.merged() == file.expected);
    }
}

TEST(RunMerge, OfSortedRunsNeedsNoRound) {
    UnsortedFile file(300, 40, 10);
    std::uint32_t moved = 0;
    FragmentColumns columns;
    std::vector<SpooledRun> runs;
    for (std::uint64_t chunk = 0; chunk < 300; ++chunk) {
        columns.clear();
        for (std::uint32_t i = 0; i < 40; ++i) {
            columns.start.push_back(moved++ / 3);
            for (auto* column : {&columns.end, &columns.barcode, &columns.reads}) column->push_back(moved);
        }
        columns.barcode.assign(40, 0);
        runs.push_back(file.spool.add(columns, 0, 40, {chunk << 28, 0, 0, 0, 0, 0, 0}));
    }
    EXPECT_LE(most_overlapping(runs), 2U);
    EXPECT_EQ(merge_overlapping(file.spool, runs, file.numbers, 2).size(), 300U);
}

}  // namespace
}  // namespace epi
