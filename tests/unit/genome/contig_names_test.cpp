#include "genome/contig_names.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

Chromosomes chromosomes(std::initializer_list<const char*> names) {
    Chromosomes result;
    for (const auto* name : names) result.add(name);
    return result;
}

TEST(ContigNames, KeepsNamesThatTheReferenceHas) {
    ContigNames names(chromosomes({"chr1", "chr2"}));
    EXPECT_EQ(names.id("chr2", "f:1"), 1U);
    EXPECT_EQ(names.id("GL1", "f:2"), 2U);
    EXPECT_EQ(names.id("1", "f:3"), 3U) << "the style is settled: this is no chromosome of the reference";
    EXPECT_EQ(names.id("chr2", "f:4"), 1U);
    EXPECT_TRUE(names.renamed().empty());
}

TEST(ContigNames, TakesTheOtherStyleForAWholeInput) {
    ContigNames names(chromosomes({"chr1", "chrM", "KI1.1"}));
    EXPECT_EQ(names.id("KI1.1", "f:1"), 2U);
    EXPECT_EQ(names.id("1", "f:2"), 0U);
    EXPECT_EQ(names.id("MT", "f:3"), 1U);
    EXPECT_EQ(names.id("1", "f:4"), 0U);
    EXPECT_EQ(names.renamed(),
              (std::vector<std::pair<std::string, std::string>>{{"1", "chr1"}, {"MT", "chrM"}}));
    ContigNames other(chromosomes({"1", "MT"}));
    EXPECT_EQ(other.id("chrM", "f:1"), 1U);
    EXPECT_EQ(other.id("chr1", "f:1"), 0U);
}

TEST(ContigNames, RefusesBothStylesInOneInput) {
    ContigNames names(chromosomes({"chr1", "chr2"}));
    names.id("1", "f:1");
    EXPECT_NE(test::message_of<InputError>([&] {
                  names.id("chr2", "f:9");
              }).find("f:9: 'chr2' is a second way of naming chromosomes here, after '1'"),
              std::string::npos);
    ContigNames odd(chromosomes({"KI1", "chrX"}));
    odd.id("KI1", "f:1");
    EXPECT_NE(
        test::message_of<InputError>([&] { odd.id("chrKI1", "f:2"); }).find("f:2: 'chrKI1' is a second"),
        std::string::npos);
}

}  // namespace
}  // namespace epi
