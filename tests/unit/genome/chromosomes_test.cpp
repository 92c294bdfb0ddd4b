#include "genome/chromosomes.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

TEST(Chromosomes, NumbersNamesInOrderOfFirstAppearance) {
    Chromosomes chromosomes;
    EXPECT_EQ(chromosomes.add("chr2", 10), 0U);
    EXPECT_EQ(chromosomes.add("chr1"), 1U);
    EXPECT_EQ(chromosomes.add("chr2", 30), 0U);
    EXPECT_EQ(chromosomes.length(0), 30);
    EXPECT_EQ(chromosomes.length(1), 0);
    EXPECT_EQ(chromosomes.find("chr1"), 1U);
    EXPECT_FALSE(chromosomes.find("chr3").has_value());
}

TEST(Chromosomes, ReadsSizes) {
    const TemporaryFolder folder;
    const auto chromosomes =
        read_chrom_sizes(folder.file("sizes", "# made by hand\nchr1\t100\nchrM\t16\t7\n"));
    EXPECT_EQ(chromosomes.names(), (std::vector<std::string>{"chr1", "chrM"}));
    EXPECT_EQ(chromosomes.length(1), 16);
}

TEST(Chromosomes, RefusesBadSizes) {
    const TemporaryFolder folder;
    const auto message = [&](std::string_view text) {
        return message_of<InputError>([&] { read_chrom_sizes(folder.file("sizes", text)); });
    };
    EXPECT_NE(message("chr1\t100\nchr2\n").find("sizes:2: this is not a chromosome"), std::string::npos);
    EXPECT_NE(message("chr1\t-5\n").find("sizes:1: this is not a chromosome"), std::string::npos);
    EXPECT_NE(message("chr1\t5\nchr1\t5\n").find("sizes:2: chromosome 'chr1' is there twice"),
              std::string::npos);
    EXPECT_NE(message("").find("there is no chromosome"), std::string::npos);
}

TEST(Chromosomes, KnowsStandardAndMitochondrialNames) {
    for (const auto* name : {"chr1", "chr22", "7", "chrX", "Y"})
        EXPECT_TRUE(is_standard_chromosome(name)) << name;
    for (const auto* name : {"chr0", "chr23", "chr01", "chrM", "chrUn", "chr1_KI270706v1_random", "", "chr"})
        EXPECT_FALSE(is_standard_chromosome(name)) << name;
    for (const auto* name : {"chrM", "MT", "M", "Mt", "chrMT"}) EXPECT_TRUE(is_mitochondrial(name)) << name;
    for (const auto* name : {"chr1", "", "MTX"}) EXPECT_FALSE(is_mitochondrial(name)) << name;
}

}  // namespace
}  // namespace epi
