#include "qc/thresholds.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace epi {
namespace {

using Names = std::vector<std::string>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity();

CellValues good_cell() {
    return {5000, 0.8, 4, 3000};
}

TEST(CellThresholds, AGoodCellFailsNothing) {
    EXPECT_EQ(failed_criteria(good_cell(), {}, true), Names{});
}

TEST(CellThresholds, AllComparisonsAreStrict) {
    EXPECT_EQ(failed_criteria({1000, 2, 1, 1000}, {}, true),
              (Names{"min_rna", "min_atac", "max_nucleosome_signal", "min_tss_enrichment"}));
    EXPECT_EQ(failed_criteria({100000, 1, 2, 25000}, {}, true), (Names{"max_rna", "max_atac"}));
    EXPECT_EQ(failed_criteria({1001, 1.999, 1.001, 1001}, {}, true), Names{});
}

TEST(CellThresholds, NanFailsAndSoDoesAnInfiniteNucleosomeSignal) {
    EXPECT_EQ(failed_criteria({5000, kNan, kNan, kNan}, {}, true),
              (Names{"min_rna", "max_rna", "max_nucleosome_signal", "min_tss_enrichment"}));
    EXPECT_EQ(failed_criteria({5000, kInf, 4, 3000}, {}, true), Names{"max_nucleosome_signal"});
}

TEST(CellThresholds, ABarcodeThatIsMissingIsAReasonOfItsOwn) {
    CellValues no_rna = good_cell();
    no_rna.rna.reset();
    EXPECT_EQ(failed_criteria(no_rna, {}, true), Names{"no_rna"});
    EXPECT_EQ(failed_criteria(no_rna, {}, false), Names{});
    EXPECT_EQ(failed_criteria({{}, {}, {}, 3000}, {}, true), Names{"no_atac"});
}

}  // namespace
}  // namespace epi
