#include "counts/gene_activity.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

TEST(GeneActivity, ChoosesAndExtendsGenes) {
    const GeneTable table{{{"E1", "A", "chr1", 1000, 1500, '+', "protein_coding"},
                           {"E2", "A", "chr1", 5000, 6000, '-', "lincRNA"},
                           {"E3", "A", "chr2", 5000, 6000, '-', "protein_coding"},
                           {"E4", "B", "chr2", 0, 500000, '+', "protein_coding"},
                           {"E5", "C", "chr2", 0, 499999, '*', "protein_coding"}},
                          true};
    const auto ranges = gene_activity_ranges(table, {0, 0, 1, 1, 1});
    ASSERT_EQ(ranges.genes.size(), 3U);
    EXPECT_EQ(ranges.genes.genes[1].name, "A.2") << "names are unique over the whole table";
    EXPECT_EQ(ranges.intervals,
              (std::vector<Interval>{{0, -1000, 1500}, {1, 5000, 8000}, {1, -2000, 499999}}));
}

TEST(GeneActivity, TakesEveryGeneWhereTypesAreNotKnown) {
    const GeneTable table{{{"A", "A", "chr1", 0, 10, '+', ""}}, false};
    EXPECT_TRUE(is_protein_coding(table, table.genes[0]));
    EXPECT_EQ(gene_activity_ranges(table, {0}).genes.size(), 1U);
}

}  // namespace
}  // namespace epi
