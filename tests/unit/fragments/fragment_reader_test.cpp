#include "fragments/fragment_reader.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/text_writer.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;
using Texts = std::vector<std::string>;

// Every fragment of the files as "contig:start-end barcode reads".
Texts all_of(FragmentReader& reader, std::size_t limit = 2) {
    Texts result;
    for (FragmentBatch batch; reader.next(batch, limit);)
        for (std::size_t i = 0; i < batch.size(); ++i)
            result.push_back(reader.contigs().name(batch.chrom[i]) + ":" + std::to_string(batch.start[i]) +
                             "-" + std::to_string(batch.end[i]) + " " +
                             std::string(reader.barcodes().name(batch.barcode[i])) + " " +
                             std::to_string(batch.reads[i]));
    return result;
}

Chromosomes chromosomes(const Texts& names) {
    Chromosomes result;
    for (const auto& name : names) result.add(name);
    return result;
}

TEST(FragmentReader, ReadsRowsOfAnyWidthAndOrder) {
    const TemporaryFolder folder;
    FragmentReader reader({folder.file("f.tsv",
                                       "# id=x\nchr2\t5\t9\tAA-1\t3\nchr1\t7\t7\tBB\n\n# more\r\n"
                                       "chr1\t0\t80\tAA-1\t2\t.\t+\r\nchr2\t6\t7\tCC\t1")},
                          chromosomes({"chr1"}));
    EXPECT_EQ(all_of(reader),
              (Texts{"chr2:5-9 AA-1 3", "chr1:7-7 BB 1", "chr1:0-80 AA-1 2", "chr2:6-7 CC 1"}));
    EXPECT_EQ(reader.contigs().names(), (Texts{"chr1", "chr2"}));
    ASSERT_EQ(reader.files().size(), 1U);
    EXPECT_EQ(reader.files()[0].fragments, 4);
    EXPECT_EQ(reader.files()[0].first_unsorted_line, 6) << "7 is followed by 0";
}

TEST(FragmentReader, TellsWhetherAFileIsSorted) {
    const TemporaryFolder folder;
    const auto unsorted_line = [&](std::string_view text) {
        FragmentReader reader({folder.file("f.tsv", text)}, {});
        all_of(reader);
        return reader.files()[0].first_unsorted_line;
    };
    EXPECT_EQ(unsorted_line("c2\t5\t9\tA\nc2\t5\t6\tA\nc1\t0\t9\tA\n"), 0);
    EXPECT_EQ(unsorted_line("c1\t5\t9\tA\nc1\t4\t6\tA\n"), 2);
    EXPECT_EQ(unsorted_line("c1\t5\t9\tA\nc2\t4\t6\tA\nc1\t8\t9\tA\n"), 3);
}

TEST(FragmentReader, JoinsTheFilesOfOneSample) {
    const TemporaryFolder folder;
    TextWriter writer(folder / "two", true);
    writer.write("1\t1\t2\tB\t1\nX\t1\t2\tA\t1\n");
    writer.close();
    FragmentReader reader({folder.file("one", "chr1\t1\t2\tA\t1\nGL\t1\t2\tA\t1\n"), folder / "two"},
                          chromosomes({"chr1", "chrX"}), {"C", "B"});
    EXPECT_EQ(all_of(reader, 100), (Texts{"chr1:1-2 A 1", "GL:1-2 A 1", "chr1:1-2 B 1", "chrX:1-2 A 1"}));
    EXPECT_EQ(reader.barcodes().name(0), "C") << "listed cells come first";
    EXPECT_EQ(reader.barcodes().size(), 3U);
    EXPECT_EQ(reader.renamed().size(), 2U);
    EXPECT_FALSE(reader.files()[0].compressed);
    EXPECT_TRUE(reader.files()[1].compressed);
    EXPECT_EQ(reader.position(), reader.total_size());
}

TEST(FragmentReader, AnnouncesNewContigsOnce) {
    const TemporaryFolder folder;
    FragmentReader reader({folder.file("f", "u1\t1\t2\tA\nchr1\t1\t2\tA\nu2\t1\t2\tA\nu1\t1\t2\tA\n")},
                          chromosomes({"chr1"}));
    Texts announced;
    for (FragmentBatch batch; reader.next(batch, 1);)
        announced.insert(announced.end(), batch.new_contigs.begin(), batch.new_contigs.end());
    EXPECT_EQ(announced, (Texts{"u1", "u2"}));
}

TEST(FragmentReader, NamesLineReasonAndRemedyOfABadRow) {
    const TemporaryFolder folder;
    const auto message = [&](std::string_view text) {
        return message_of<InputError>([&] {
            FragmentReader reader({folder.file("f.tsv", text)}, {});
            all_of(reader);
        });
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
    };
    for (const auto& [line, reason] : bad) {
        const auto text = message(good + line);
        EXPECT_NE(text.find("f.tsv:2: " + reason), std::string::npos) << text;
    }
    EXPECT_NE(message("").find("f.tsv: there is no fragment in it"), std::string::npos);
    EXPECT_NE(message("# id=x\n\n").find("f.tsv: there is no fragment in it"), std::string::npos);
}

}  // namespace
}  // namespace epi
