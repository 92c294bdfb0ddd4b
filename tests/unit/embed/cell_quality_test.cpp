#include "embed/cell_quality.hpp"

#include <gtest/gtest.h>

namespace epi {
namespace {

CellQuality good_cell() {
    CellQuality cell;
    cell.fragments = 3000;
    cell.open_peaks = 800;
    cell.frip = 0.5;
    cell.tss_enrichment = 5;
    cell.nucleosome_signal = 0.8;
    cell.mitochondrial_share = 0.02;
    cell.doublet_score = 0.4;
    return cell;
}

std::vector<bool> all_sound(const std::vector<CellQuality>& cells) {
    return std::vector<bool>(cells.size(), true);
}

TEST(QualityReasons, EachRuleHasItsReason) {
    std::vector<CellQuality> cells(9, good_cell());
    cells[1].frip = 0.2;
    cells[2].mitochondrial_share = 0.4;
    cells[3].nucleosome_signal = 2.1;
    cells[4].tss_enrichment = 0.9;
    cells[5].doublet_score = 0.9;
    cells[5].open_peaks = 1100;
    cells[6].doublet_score = 0.9;  // but no more open peaks than the others
    cells[7].open_peaks = 5000;    // but like one type
    const auto reasons = quality_reasons(cells, all_sound(cells), {});
    EXPECT_EQ(reasons, (std::vector<std::string>{"", "few fragments in peaks", "mitochondrial",
                                                 "high nucleosome signal", "low TSS enrichment", "doublet",
                                                 "", "", ""}));
}

TEST(QualityReasons, TheShareInPeaksIsJudgedBySampleNotByNumber) {
    std::vector<CellQuality> cells(9, good_cell());
    for (auto& cell : cells) cell.frip = 0.1;
    for (const auto& reason : quality_reasons(cells, all_sound(cells), {})) EXPECT_EQ(reason, "");
}

TEST(QualityReasons, EmptyDropletsDoNotShiftTheMedians) {
    std::vector<CellQuality> cells(30, good_cell());
    std::vector<bool> sound(30, true);
    for (std::size_t i = 5; i < 30; ++i) {
        cells[i].open_peaks = 8;
        cells[i].frip = 0.1;
        sound[i] = false;
    }
    cells[0].doublet_score = 0.9;
    const auto reasons = quality_reasons(cells, sound, {});
    EXPECT_EQ(reasons[0], "");
    EXPECT_EQ(reasons[7], "few fragments in peaks");
}

TEST(QualityReasons, WhatWasNotMeasuredBreaksNoRule) {
    for (const auto& reason : quality_reasons(std::vector<CellQuality>(3), {true, true, true}, {}))
        EXPECT_EQ(reason, "");
}

}  // namespace
}  // namespace epi
