#pragma once
#include <vector>

#include "counts/gene_activity.hpp"
#include "pipeline/count_sample.hpp"

namespace epi {

// Peaks, genes, TSSs and blacklist on one set of chromosomes, under the peaks' names.
struct CountRegions {
    Chromosomes chromosomes;
    GeneActivityRanges activity;
    std::vector<Tss> sites;
    std::vector<Interval> blacklist;
};

CountRegions arrange_regions(const CountPlan& plan);

}  // namespace epi
