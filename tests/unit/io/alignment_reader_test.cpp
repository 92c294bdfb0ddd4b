#include "io/alignment_reader.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

constexpr const char* kReads =
    "@SQ\tSN:chr1\tLN:1000\n@SQ\tSN:chr2\tLN:500\n"
    "a\t163\tchr1\t101\t60\t2H3S10M5N4M1D3M1S\t=\t301\t220\t*\t*\tCB:Z:ACGT-1\tXA:A:x\tNM:i:1\n"
    "b\t16\tchr2\t11\t7\t4M\t*\t0\t0\tACGT\t/0>I\n"
    "c\t4\t*\t0\t0\t*\t*\t0\t0\tAC\t*\n";

TEST(AlignmentReader, TellsWhereReadsLie) {
    const TemporaryFolder folder;
    AlignmentReader reads(folder.file("reads", kReads));
    ASSERT_EQ(reads.contigs().size(), 2U);
    EXPECT_EQ(reads.contigs()[1], (std::pair<std::string, std::int64_t>("chr2", 500)));
    ASSERT_EQ(reads.read(2), 2U);
    const auto a = reads[0];
    EXPECT_EQ(a.name, "a");
    EXPECT_TRUE(a.has(kPaired) && a.has(kProperPair) && a.has(kSecondOfPair));
    EXPECT_FALSE(a.has(kReverseStrand) || a.has(kFirstOfPair));
    EXPECT_EQ(a.mapq, 60);
    EXPECT_EQ(a.contig, 0);
    EXPECT_EQ(a.mate_contig, 0);
    EXPECT_EQ(a.start, 100);
    EXPECT_EQ(a.end, 100 + 10 + 5 + 4 + 1 + 3);
    EXPECT_EQ(a.unclipped_start, 95);
    EXPECT_EQ(a.unclipped_end, a.end + 1);
    EXPECT_EQ(a.mate_start, 300);
    EXPECT_EQ(a.quality, 0U);  // none are given
    EXPECT_EQ(reads.tag(0, "CB"), "ACGT-1");
    EXPECT_EQ(reads.tag(0, "XA"), "x");
    EXPECT_FALSE(reads.tag(0, "NM").has_value());  // no text
    EXPECT_FALSE(reads.tag(0, "UB").has_value());
    EXPECT_EQ(reads.tags(0), (std::vector<std::string>{"CB", "XA", "NM"}));
    EXPECT_EQ(reads[1].quality, 15U + 29U + 40U);  // "/0>I" is 14, 15, 29, 40
    EXPECT_EQ(reads[1].mate_contig, -1);
    EXPECT_TRUE(reads.tags(1).empty());
    ASSERT_EQ(reads.read(2), 1U);
    EXPECT_EQ(reads[0].contig, -1);
    EXPECT_TRUE(reads[0].has(kUnmapped));
    EXPECT_EQ(reads.read(2), 0U);
}

TEST(AlignmentReader, SaysWhatIsWrong) {
    const TemporaryFolder folder;
    const auto message = [&](const std::string& content) {
        return message_of<InputError>([&] {
            AlignmentReader reads(folder.file("reads", content));
            while (reads.read(3) > 0) {
            }
        });
    };
    EXPECT_NE(message("chr1\t5\t9\n").find("is no SAM, BAM or CRAM file"), std::string::npos);
    EXPECT_NE(message("@HD\tVN:1.6\n").find("names no contigs"), std::string::npos);
    EXPECT_NE(message(std::string(kReads) + "d\t4\t*\n").find("corrupt behind read 3"), std::string::npos);
    // The name of a contig of BAM may hold anything; this one a tab.
    const std::string bam("BAM\1\0\0\0\0\1\0\0\0\4\0\0\0a\tb\0\350\3\0\0", 24);
    EXPECT_NE(
        message(bam).find("reads: the name of contig 1 in its header is no name; copy or make it again"),
        std::string::npos)
        << message(bam);
    EXPECT_NE(message_of<InputError>([&] { AlignmentReader(folder / "none"); }).find("No such file"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
