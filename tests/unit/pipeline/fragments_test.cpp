#include "pipeline/fragments.hpp"

#include <gtest/gtest.h>
#include <htslib/hts.h>
#include <htslib/sam.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/random.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;
namespace fs = std::filesystem;

std::string bytes_in(const fs::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

// Pairs on a reference of their own, with a wrong base here and there, sorted.
struct AlignedReads {
    std::string fasta, sam;

    AlignedReads() {
        constexpr std::size_t kLength = 20'000, kRead = 50;
        Rng rng(8);
        const auto base = [&rng] { return "ACGT"[rng.below(4)]; };
        std::string genome;
        for (std::size_t i = 0; i < kLength; ++i) genome += base();
        fasta = ">chr1\n" + genome + "\n>chr2\n" + genome + "\n";
        sam = "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:20000\n@SQ\tSN:chr2\tLN:20000\n";
        for (const auto* chrom : {"chr1", "chr2"}) {
            std::vector<std::pair<std::size_t, std::string>> lines;
            for (int i = 0; i < 3000; ++i) {
                const auto start = rng.below(kLength - 600), end = start + kRead + rng.below(500);
                const auto barcode = "CB:Z:B" + std::to_string(rng.below(5)) + "-1";
                for (const bool second : {false, true}) {
                    const auto place = second ? end - kRead : start, mate = second ? start : end - kRead;
                    auto bases = genome.substr(place, kRead);
                    if (rng.chance(0.3)) bases[rng.below(kRead)] = base();
                    lines.emplace_back(place, "r" + std::to_string(i) + chrom + "\t" +
                                                  (second ? "147" : "99") + "\t" + chrom + "\t" +
                                                  std::to_string(place + 1) + "\t60\t4S46M\t=\t" +
                                                  std::to_string(mate + 1) + "\t0\t" + bases + "\t" +
                                                  std::string(kRead, 'I') + "\t" + barcode + "\n");
                }
            }
            std::stable_sort(lines.begin(), lines.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; });
            for (const auto& [place, line] : lines) sam += line;
        }
    }
};

// Writes a SAM file again in another format.
void convert(const fs::path& from, const fs::path& to, const char* mode, const fs::path& fasta,
             const char* option) {
    auto* in = sam_open(from.c_str(), "r");
    auto* out = sam_open(to.c_str(), mode);
    ASSERT_TRUE(in != nullptr && out != nullptr);
    hts_opt* options = nullptr;
    if (option != nullptr) {
        ASSERT_EQ(hts_opt_add(&options, option), 0);
        ASSERT_EQ(hts_opt_apply(out, options), 0);
        hts_opt_free(options);
    }
    if (!fasta.empty()) {
        ASSERT_EQ(hts_set_fai_filename(out, fasta.c_str()), 0);
    }
    auto* header = sam_hdr_read(in);
    ASSERT_EQ(sam_hdr_write(out, header), 0);
    auto* read = bam_init1();
    while (sam_read1(in, header, read) >= 0) {
        ASSERT_GE(sam_write1(out, header, read), 0);
    }
    bam_destroy1(read);
    sam_hdr_destroy(header);
    ASSERT_EQ(sam_close(in), 0);
    ASSERT_EQ(sam_close(out), 0);
}

class MakeFragments : public testing::Test {
  protected:
    MakeFragments() {
        folder_.file("reads.sam", reads_.sam);
        ::setenv("REF_PATH", (folder_ / "nowhere").c_str(), 1);  // htslib would look on the net
    }
    ~MakeFragments() override { ::unsetenv("REF_PATH"); }

    std::string fragments_of(const std::string& input) {
        FragmentsOptions options;
        options.inputs = {folder_ / input};
        options.output = folder_ / "out.tsv.gz";
        RunContext context;
        context.force = true;
        context.threads = 2;
        make_fragments(options, context);
        return bytes_in(options.output);
    }

    TemporaryFolder folder_;
    AlignedReads reads_;
};

// Also where the reference is gone: bases are not looked at.
TEST_F(MakeFragments, AreTheSameOfCramWithoutItsReference) {
    const auto expected = fragments_of("reads.sam");
    ASSERT_GT(expected.size(), 10'000U);
    convert(folder_ / "reads.sam", folder_ / "reads.bam", "wb", {}, nullptr);
    EXPECT_TRUE(fragments_of("reads.bam") == expected);
    for (const char* option : {"version=3.0", "embed_ref=1", "no_ref=1", "seqs_per_slice=100",
                               "multi_seq_per_slice=1", "version=2.1", "lossy_names=0"}) {
        SCOPED_TRACE(option);
        folder_.file("reference.fa", reads_.fasta);
        convert(folder_ / "reads.sam", folder_ / "reads.cram", "wc", folder_ / "reference.fa", option);
        fs::remove(folder_ / "reference.fa");
        fs::remove(folder_ / "reference.fa.fai");
        ASSERT_EQ(bytes_in(folder_ / "reads.cram").substr(0, 4), "CRAM");
        EXPECT_TRUE(fragments_of("reads.cram") == expected);
    }
}

TEST_F(MakeFragments, OfDamagedCramAreRefused) {
    folder_.file("reference.fa", reads_.fasta);
    convert(folder_ / "reads.sam", folder_ / "reads.cram", "wc", folder_ / "reference.fa", nullptr);
    const auto whole = bytes_in(folder_ / "reads.cram");
    const auto problem_of = [&](const std::string& bytes) {
        folder_.file("bad.cram", bytes);
        return message_of<InputError>([&] { fragments_of("bad.cram"); });
    };
    const auto end = whole.substr(whole.size() - 38);  // the container that ends a file
    EXPECT_NE(problem_of(whole.substr(0, whole.size() - 38)).find("bad.cram: is truncated"),
              std::string::npos);
    EXPECT_NE(problem_of(whole.substr(0, whole.size() / 2)).find("bad.cram: is truncated"),
              std::string::npos);
    EXPECT_NE(problem_of(whole.substr(0, whole.size() / 2) + end).find("is truncated or corrupt behind read"),
              std::string::npos);
    const auto half_a_header = problem_of(whole.substr(0, 60) + end);
    EXPECT_NE(half_a_header.find("header is truncated or corrupt"), std::string::npos) << half_a_header;
    auto flipped = whole;
    flipped[whole.size() / 2] ^= 4;
    EXPECT_NE(problem_of(flipped).find("is truncated or corrupt behind read"), std::string::npos);
}

}  // namespace
}  // namespace epi
