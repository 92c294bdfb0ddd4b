#include "genome/interval.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/checksum.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

TEST(Interval, ReadsBedInItsOrderWithRepeats) {
    const TemporaryFolder folder;
    const auto set = read_bed(folder.file("peaks.bed",
                                          "#chrom\tstart\tend\nbrowser position chr1\ntrack name=x\n"
                                          "chr2\t5\t9\tpeak\t0\t.\nchr1\t0\t1\r\nchr2\t5\t9\n"));
    EXPECT_EQ(set.names(), (std::vector<std::string>{"chr2:5-9", "chr1:0-1", "chr2:5-9"}));
    EXPECT_EQ(set.chromosomes.names(), (std::vector<std::string>{"chr2", "chr1"}));
}

TEST(Interval, RefusesBadBed) {
    const TemporaryFolder folder;
    const auto message = [&](std::string_view text) {
        return message_of<InputError>([&] { read_bed(folder.file("x.bed", text)); });
    };
    EXPECT_NE(message("chr1\t1\t5\nchr1\t3\n").find("x.bed:2: 2 columns"), std::string::npos);
    EXPECT_NE(message("chr1\tone\t3\n").find("x.bed:1: 'one' is not a coordinate"), std::string::npos);
    EXPECT_NE(message("chr1\t1\t3x\n").find("x.bed:1: '3x' is not a coordinate"), std::string::npos);
    EXPECT_NE(message("chr1\t-1\t3\n").find("x.bed:1: '-1' is not a coordinate"), std::string::npos);
    EXPECT_NE(message("chr1\t3\t3\n").find("x.bed:1: end (3) is not after start (3)"), std::string::npos);
    EXPECT_NE(message("# nothing\n").find("there is no interval"), std::string::npos);
}

TEST(Interval, UnderstandsNamesWithDashesAndColonsInThem) {
    IntervalSet set;
    for (const auto* name : {"chr1:10-20", "chr1-10-20", "HLA-A*01:01:5-6", "HLA-A-7-9"})
        add_interval_named(set, name, "var");
    EXPECT_EQ(set.names(),
              (std::vector<std::string>{"chr1:10-20", "chr1:10-20", "HLA-A*01:01:5-6", "HLA-A:7-9"}));
    for (const auto* name : {"", "chr1", "-", "chr1:5", ":1-2", "chr1:9-9", "chr1:a-9", "chr1:1-2-"})
        EXPECT_NE(message_of<InputError>([&] {
                      add_interval_named(set, name, "x.h5ad: var");
                  }).find("x.h5ad: var: '" + std::string(name) + "' is not the name of an interval"),
                  std::string::npos);
}

TEST(Interval, IdentityDependsOnNamesAndOrder) {
    EXPECT_EQ(identity_of_names({"a", "b"}), sha256_of("a\nb\n"));
    EXPECT_NE(identity_of_names({"a", "b"}), identity_of_names({"b", "a"}));
    EXPECT_NE(identity_of_names({"a", "b"}), identity_of_names({"ab"}));
}

}  // namespace
}  // namespace epi
