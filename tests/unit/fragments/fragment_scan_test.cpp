#include "fragments/fragment_scan.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/text_writer.hpp"
#include "support/scanned_fragments.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::barcodes_in_order;
using test::message_of;
using test::TemporaryFolder;
using Texts = std::vector<std::string>;

test::ScannedFragments scan(const ScanOptions& options, std::size_t threads = 1) {
    return test::keep_fragments(threads,
                                [&](const auto& sinks) { return scan_fragments(options, sinks, {}); });
}

ScanOptions options_for(std::vector<std::filesystem::path> files, const Texts& reference = {}) {
    ScanOptions options;
    options.files = std::move(files);
    for (const auto& name : reference) options.reference.add(name);
    return options;
}

TEST(FragmentScan, ReadsRowsOfAnyWidthAndOrder) {
    const TemporaryFolder folder;
    const auto path = folder.file("f.tsv",
                                  "# id=x\nchr2\t5\t9\tAA-1\t3\nchr1\t7\t7\tBB\n\n# more\r\n"
                                  "chr1\t0\t80\tAA-1\t2\t.\t+\r\nchr2\t6\t7\tCC\t1");
    const auto scanned = scan(options_for({path}, {"chr1"}));
    EXPECT_EQ(scanned.rows, (Texts{"chr2:5-9 AA-1 3", "chr1:7-7 BB 1", "chr1:0-80 AA-1 2", "chr2:6-7 CC 1"}));
    EXPECT_EQ(scanned.result.contigs.names(), (Texts{"chr1", "chr2"}));
    ASSERT_EQ(scanned.result.files.size(), 1U);
    EXPECT_EQ(scanned.result.files[0].fragments, 4);
    EXPECT_EQ(scanned.result.fragments, 4);
    EXPECT_EQ(scanned.result.files[0].first_unsorted_line, 6) << "7 is followed by 0";
}

// The quick way through a line and the slow one must agree: every number of digits and columns, line ends of
// both kinds, barcodes of every form.
TEST(FragmentScan, EqualsASlowReaderAtAnyThreadsAndChunks) {
    const TemporaryFolder folder;
    Rng rng(7);
    for (int round = 0; round < 200; ++round) {
        std::string text;
        Texts expected, order;
        for (auto n = 1 + rng.below(400); n > 0; --n) {
            static const Texts contigs{"chr1", "chr1", "chr1", "chr22", "X", "a_long_scaffold_name_17.1"};
            const auto& contig = contigs[rng.below(rng.chance(0.8) ? 2 : contigs.size())];
            std::int64_t start = 1;
            for (auto digits = rng.below(10); digits > 0; --digits)
                start = start * 10 + static_cast<std::int64_t>(rng.below(10));
            if (rng.chance(0.1)) start = 0;
            start = std::min(start, kMaxCoordinate);
            const auto end = std::min(start + static_cast<std::int64_t>(rng.below(2000)), kMaxCoordinate);
            std::string barcode(16, 'A');
            for (auto& base : barcode) base = "AC"[rng.below(2)];
            barcode.resize(rng.chance(0.1) ? 7 : 16, 'T');
            if (rng.chance(0.95)) barcode += "-1";
            const bool four = rng.chance(0.1);
            const auto reads = rng.below(rng.chance(0.1) ? 4'000'000'000ULL : 12);
            text += contig + "\t" + std::to_string(start) + "\t" + std::to_string(end) + "\t" + barcode;
            if (!four) text += "\t" + std::to_string(reads);
            if (!four && rng.chance(0.1)) text += "\t+\tmore";
            text += rng.chance(0.1) ? "\r\n" : "\n";
            if (rng.chance(0.02)) text += "# comment\n\n";
            expected.push_back(contig + ":" + std::to_string(start) + "-" + std::to_string(end) + " " +
                               barcode + " " + (four ? "1" : std::to_string(reads)));
            if (std::find(order.begin(), order.end(), barcode) == order.end()) order.push_back(barcode);
        }
        std::string packed;
        for (std::size_t at = 0; at < text.size(); at += 500)
            packed += bgzf_compress(std::string_view(text).substr(at, 500));
        auto options = options_for({folder.file("f.gz", packed + std::string(bgzf_end()))}, {"chr1"});
        options.text.bytes = 1 + rng.below(2000);
        options.text.one_stream = rng.chance(0.2);
        const auto scanned = scan(options, 1 + rng.below(3));
        ASSERT_EQ(scanned.rows, expected);
        ASSERT_EQ(barcodes_in_order(scanned.result), order);
    }
}

TEST(FragmentScan, TellsWhetherAFileIsSorted) {
    const TemporaryFolder folder;
    const auto unsorted_line = [&](std::string_view text) {
        auto options =
            options_for({folder.file("f.gz", bgzf_compress(text.substr(0, 10)) +
                                                 bgzf_compress(text.substr(10)) + std::string(bgzf_end()))});
        options.text.bytes = 1;
        return scan(options, 2).result.files[0].first_unsorted_line;
    };
    EXPECT_EQ(unsorted_line("c2\t5\t9\tA\nc2\t5\t6\tA\nc1\t0\t9\tA\n"), 0);
    EXPECT_EQ(unsorted_line("c1\t5\t9\tA\nc1\t4\t6\tA\n"), 2);
    EXPECT_EQ(unsorted_line("c1\t5\t9\tA\nc2\t4\t6\tA\nc1\t8\t9\tA\n"), 3);
    EXPECT_EQ(unsorted_line("c1\t5\t9\tA\nc1\t6\t6\tA\nc1\t8\t9\tA\nc1\t7\t9\tA\n"), 4);
}

TEST(FragmentScan, JoinsTheFilesOfOneSample) {
    const TemporaryFolder folder;
    TextWriter writer(folder / "two", true);
    writer.write("1\t1\t2\tB\t1\nX\t1\t2\tA\t1\n");
    writer.close();
    auto options = options_for({folder.file("one", "chr1\t1\t2\tA\t1\nGL\t1\t2\tA\t1\n"), folder / "two"},
                               {"chr1", "chrX"});
    options.cells = {"C", "B"};
    const auto [result, rows] = scan(options, 2);
    EXPECT_EQ(rows, (Texts{"chr1:1-2 A 1", "GL:1-2 A 1", "chr1:1-2 B 1", "chrX:1-2 A 1"}));
    EXPECT_EQ(result.barcodes.name(0), "C") << "listed cells come first";
    EXPECT_EQ(result.barcodes.size(), 3U);
    EXPECT_EQ(barcodes_in_order(result), (Texts{"A", "B"}));
    EXPECT_EQ(result.renamed.size(), 2U);
    EXPECT_FALSE(result.files[0].compressed);
    EXPECT_TRUE(result.files[1].compressed);
}

std::string problem_of(const ScanOptions& options, std::size_t threads = 1) {
    return message_of<InputError>([&] { scan(options, threads); });
}

TEST(FragmentScan, NamesLineReasonAndRemedyOfABadRow) {
    const TemporaryFolder folder;
    const auto message = [&](std::string_view text) {
        return problem_of(options_for({folder.file("f.tsv", text)}));
    };
    const std::string good = "chr1\t1\t5\tA\t1\n";
    const std::vector<std::pair<std::string, std::string>> bad{
        {"chr1\t1\t5\n", "3 columns where a fragment has at least four"},
        {"chr1 1 5 A\n", "1 column where"},
        {"chr1\t1x\t5\tA\n", "'1x' is not a coordinate"},
        {"chr1\t1\t\tA\n", "'' is not a coordinate"},
        {"chr1\t-1\t5\tA\n", "'-1' is not a coordinate"},
        {"chr1\t1\t99999999999\tA\n", "'99999999999' is not a coordinate"},
        {"chr1\t9\t5\tA\n", "end (5) is before start (9)"},
        {"chr1\t1\t5\t\t1\n", "the barcode is empty"},
        {"\t1\t5\tA\t1\n", "the chromosome is empty"},
        {"chr1\t1\t5\tA\tmany\n", "'many' is not a number of reads"},
        {std::string("chr1\t\0\t5\tA\n", 11), "'?' is not a coordinate"},
        {std::string("chr1\t1\t5\tA\0C\t1\n", 15), "the barcode 'A?C' holds bytes that are no text"},
        {"chr\x01\t1\t5\tA\t1\n", "the chromosome 'chr?' holds bytes that are no text"},
        {"chr1\t1\t5\t\xFF\t1\n", "the barcode '?' holds bytes that are no text"},
        {"chr1\t1\t5\t" + std::string(5000, 'A') + "\n",
         "the barcode '" + std::string(40, 'A') + "...' is too long"},
        {"chr1\t1\t2147483648\tA\n", "'2147483648' is not a coordinate"},
        {"chr1\t1\t5\tA\t1\t" + std::string(1U << 20, 'x') + "\n", "a line longer than 1 MiB"},
    };
    for (const auto& [line, reason] : bad) {
        const auto text = message(good + line);
        EXPECT_NE(text.find("f.tsv:2: " + reason), std::string::npos) << text;
    }
    EXPECT_NE(message("").find("f.tsv: there is no fragment in it"), std::string::npos);
    EXPECT_NE(message("# id=x\n\n").find("f.tsv: there is no fragment in it"), std::string::npos);
    EXPECT_NE(message(good + std::string(kLongestLine + 100, 'x') + "\n").find("f.tsv:2: a line longer than"),
              std::string::npos);
}

// Wherever the first of several bad lines is, it is the one that is named.
TEST(FragmentScan, NamesTheFirstBadLineAtAnyThreads) {
    const TemporaryFolder folder;
    Rng rng(9);
    for (int round = 0; round < 100; ++round) {
        std::string packed;
        std::vector<int> bad;
        for (int line = 1; line <= 300; ++line) {
            const bool is_bad = rng.chance(0.02) || line == 300;
            if (is_bad) bad.push_back(line);
            // Long barcodes, so that lines go over several blocks.
            packed += bgzf_compress(is_bad ? "chr1\t5\t1\t" : "chr1\t1\t5\t");
            packed += bgzf_compress(std::string(rng.below(500) + 1, 'A') + "\n");
        }
        auto options = options_for({folder.file("f.gz", packed + std::string(bgzf_end()))}, {"chr1"});
        options.text.bytes = 1 + rng.below(1000);
        const auto threads = 1 + rng.below(3);
        ASSERT_NE(problem_of(options, threads).find("f.gz:" + std::to_string(bad[0]) + ": end"),
                  std::string::npos);
        options.skip_bad_lines = std::ssize(bad) - 1;
        ASSERT_NE(problem_of(options, threads).find("f.gz:300: end"), std::string::npos);
        ++options.skip_bad_lines;
        const auto skipped = scan(options, threads).result.skipped;
        ASSERT_EQ(skipped, (std::vector<std::pair<std::string, std::int64_t>>{
                               {"end (1) is before start (5)", std::ssize(bad)}}));
    }
}

TEST(FragmentScan, RefusesTwoStylesOfNames) {
    const TemporaryFolder folder;
    const auto path = folder.file("f", "1\t1\t2\tA\nchr2\t1\t2\tA\n");
    EXPECT_NE(problem_of(options_for({path}, {"chr1", "chr2"}), 2).find("f:2: 'chr2' is a second way"),
              std::string::npos);
}

TEST(FragmentScan, ReportsAFileThatIsNotThere) {
    const TemporaryFolder folder;
    const auto good = folder.file("f", "chr1\t1\t2\tA\n");
    EXPECT_NE(problem_of(options_for({good, folder / "none"}), 2).find("none: No such file"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
