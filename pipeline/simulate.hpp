#pragma once
#include <cstdint>
#include <filesystem>

#include "core/run_context.hpp"
#include "simulate/parameters.hpp"

namespace epi {

struct SimulateOptions {
    std::filesystem::path output;     // a folder
    SimulationParameters parameters;  // its seed is the context's
    bool fragments_only = false;      // no RNA
};

struct SimulateResult {
    std::int64_t fragments = 0;  // of all samples
    std::int64_t barcodes = 0;
};

// Makes samples D1, D2, ... with known truth in one folder: NAME.fragments.tsv.gz with .tbi, NAME.rna.h5 (all
// barcodes; "Gene Expression" and "Peaks", the latter cut sites in the true peaks), NAME.truth.tsv; and of
// all samples peaks.bed, genes.tsv, genes.gtf.gz, blacklist.bed, chrom.sizes, peak_gene.tsv, reference.tsv,
// samples.tsv (paths relative to it), simulate.json. In truth.tsv doublets and background barcodes have no
// cell type. UsageError: parameters that no experiment can have.
SimulateResult simulate(const SimulateOptions& options, const RunContext& context);

}  // namespace epi
