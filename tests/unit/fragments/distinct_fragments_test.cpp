#include "fragments/distinct_fragments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/random.hpp"
#include "support/scanned_fragments.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::TemporaryFolder;
using Texts = std::vector<std::string>;

struct Giving {
    std::size_t threads = 1, chunk = 512U << 10;
    std::uint64_t memory = 1ULL << 30;
    Texts cells;
};

// The distinct rows of the files, sorted as text.
test::ScannedFragments distinct(const std::vector<std::filesystem::path>& files, const Giving& how,
                                std::int64_t& dropped) {
    const TemporaryFolder folder;
    ScanOptions options;
    options.files = files;
    options.cells = how.cells;
    options.text.bytes = how.chunk;
    RunContext context;
    context.memory_bytes = how.memory;
    auto scanned = test::keep_fragments(how.threads, [&](const auto& sinks) {
        FragmentSpool spool(folder.path(), "make room", sinks.size());
        std::vector<FragmentSink*> lanes;
        for (std::size_t i = 0; i < sinks.size(); ++i) lanes.push_back(&spool.lane(i));
        auto scan = scan_fragments(options, lanes, {});
        dropped = give_distinct_fragments(spool, scan, how.cells.size(), sinks, context);
        return scan;
    });
    std::sort(scanned.rows.begin(), scanned.rows.end());
    return scanned;
}

struct Sample {
    std::vector<std::filesystem::path> files;
    Texts expected;
    std::int64_t dropped = 0;
};

// Rows of few places, so that many are equal but for column 5; by place or in any order, in one or two files.
Sample random_sample(Rng& rng, const TemporaryFolder& folder) {
    struct Row {
        std::string chrom;
        std::uint64_t start, end;
        std::string barcode;
        std::string key() const {
            return chrom + ":" + std::to_string(start) + "-" + std::to_string(end) + " " + barcode;
        }
    };
    const bool sorted = rng.chance(0.5);
    const auto places = 1 + rng.below(200), lengths = 1 + rng.below(20);
    Sample sample;
    std::set<std::string> seen;
    for (auto file = 1 + rng.below(2); file > 0; --file) {
        std::vector<Row> rows;
        for (auto n = 1 + rng.below(3000); n > 0; --n) {
            const auto start = rng.below(places);
            rows.push_back({"chr" + std::to_string(rng.below(3)), start, start + rng.below(lengths),
                            "B" + std::to_string(rng.below(20))});
        }
        if (sorted)
            std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
                return std::pair(a.chrom, a.start) < std::pair(b.chrom, b.start);
            });
        std::string text;
        for (const auto& row : rows) {
            const auto reads = std::to_string(rng.below(1000));
            text += row.chrom + "\t" + std::to_string(row.start) + "\t" + std::to_string(row.end) + "\t" +
                    row.barcode + "\t" + reads + "\n";
            if (seen.insert(row.key()).second)
                sample.expected.push_back(row.key() + " " + reads);
            else
                ++sample.dropped;
        }
        sample.files.push_back(folder.file(std::to_string(file), text));
    }
    std::sort(sample.expected.begin(), sample.expected.end());
    return sample;
}

TEST(DistinctFragments, AreTheFirstOfEqualRowsInAnyMemoryOnAnyThreads) {
    const TemporaryFolder folder;
    Rng rng(11);
    for (int round = 0; round < 100; ++round) {
        const auto sample = random_sample(rng, folder);
        std::int64_t dropped = 0;
        const Giving how{1 + rng.below(4), 1 + rng.below(20'000), rng.chance(0.5) ? 1U : 1U << 30, {}};
        const auto scanned = distinct(sample.files, how, dropped);
        ASSERT_EQ(scanned.rows, sample.expected);
        ASSERT_EQ(dropped, sample.dropped);
    }
}

// More of them than are compared in memory, between others of the contig.
TEST(DistinctFragments, MayAllHaveTheSameStart) {
    const TemporaryFolder folder;
    Rng rng(5);
    std::string text = "chr1\t1\t2\tA\t1\nchr1\t1\t2\tA\t2\n";
    Texts expected{"chr1:1-2 A 1", "chr1:8-9 A 3"};
    std::set<std::string> seen;
    for (int i = 0; i < 200'000; ++i) {
        const auto end = std::to_string(7 + rng.below(40'000));
        const auto reads = std::to_string(i);
        text += "chr1\t7\t" + end + "\tB\t" + reads + "\n";
        if (seen.insert(end).second) expected.push_back("chr1:7-" + end + " B " + reads);
    }
    text += "chr1\t8\t9\tA\t3\nchr1\t8\t9\tA\t4\n";
    std::sort(expected.begin(), expected.end());
    for (const std::uint64_t memory : {1U, 1U << 30}) {
        std::int64_t dropped = 0;
        const auto scanned = distinct({folder.file("f", text)}, {2, 100'000, memory, {}}, dropped);
        EXPECT_EQ(scanned.rows, expected);
        EXPECT_EQ(dropped, 200'004 - std::ssize(expected));
    }
}

TEST(DistinctFragments, KnowWhichCellsAreWanted) {
    struct WantedSink final : FragmentSink {
        std::vector<std::uint32_t> wanted, others;
        void consume(FragmentBatch& batch) override {
            for (std::size_t i = 0; i < batch.size; ++i)
                (batch.wanted[batch.barcode[i]] != 0 ? wanted : others).push_back(batch.barcode[i]);
        }
    };
    const TemporaryFolder folder;
    FragmentSpool spool(folder.path(), "make room", 1);
    ScanOptions options;
    options.files = {folder.file("f", "chr1\t1\t2\tA\nchr1\t1\t2\tB\nchr1\t1\t2\tB\n")};
    options.cells = {"none", "B"};
    auto scan = scan_fragments(options, {&spool.lane(0)}, {});
    WantedSink sink;
    EXPECT_EQ(give_distinct_fragments(spool, scan, 2, {&sink}, {}), 1);
    EXPECT_EQ(sink.wanted, std::vector<std::uint32_t>{1});
    EXPECT_EQ(sink.others, std::vector<std::uint32_t>{2});
}

}  // namespace
}  // namespace epi
