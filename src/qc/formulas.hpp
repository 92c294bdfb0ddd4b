#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "fragments/fragment_batch.hpp"
#include "qc/tss_index.hpp"

namespace epi {

// What other tools count for one barcode, to give their own scores. Insertions are start and end - 1; offsets
// are along the gene, 0 at the TSS.
struct FormulaCounts {
    // Signac, fast = FALSE: columns 500-1500, and 1-100 with 1902-2001, of its matrix.
    std::uint64_t signac_centre = 0, signac_flank = 0;
    // ArchR: offsets -50..50, and the outer 100 of -2000..2000 on either side.
    std::uint64_t archr_centre = 0, archr_flank = 0;
    // SnapATAC2: offsets -5..5, and the same outer 100; equal TSSs count once.
    std::uint64_t snapatac2_centre = 0, snapatac2_flank = 0;
    // pycisTopic: sums over the profile of offsets -1000..1000, each position of it the mean of the ten up to
    // there (of fewer at its start): positions -50..50 in tenths, the outer 100 on either side in 2520ths.
    std::uint64_t pycistopic_centre = 0, pycistopic_flank = 0;
    // Fragments of 147 bp and of 294 bp, and of 147 to 293 bp and of at least 294 bp.
    std::uint64_t of_147 = 0, of_294 = 0, one_nucleosome = 0, more_nucleosomes = 0;

    FormulaCounts& operator+=(const FormulaCounts& other);
};

// Mean of 1001 columns over the mean of the flanks (200 columns); `mean_flank` takes the place of a flank
// without insertions, as in tss_enrichment().
double tss_enrichment_signac_full(const FormulaCounts& counts, double mean_flank);
// 2 x centre / 101 over the larger of flank / 100 and 0.2.
double tss_enrichment_archr(const FormulaCounts& counts);
// centre / 11 over flank / 200 + 0.1.
double tss_enrichment_snapatac2(const FormulaCounts& counts);
// The mean of the smoothed profile at -50..50 over the larger of the mean of its ends and 0.2.
double tss_enrichment_pycistopic(const FormulaCounts& counts);

// Counts these from batches of fragments.
class FormulaCounter {
  public:
    // `sites` must outlive this.
    explicit FormulaCounter(const class FormulaSites& sites);
    void consume(const FragmentBatch& batch);
    // Adds what another has counted; its barcode b is id_of[b] here.
    void add(const FormulaCounter& other, std::span<const std::uint32_t> id_of);
    // By barcode number; may be shorter than the number of barcodes.
    const std::vector<FormulaCounts>& barcodes() const { return barcodes_; }

  private:
    const FormulaSites* sites_;
    IntervalWalk walk_;
    std::vector<FormulaCounts> barcodes_;
};

// The TSSs that the formulas look at.
class FormulaSites {
  public:
    FormulaSites(std::vector<Tss> sites, std::size_t chromosomes);

  private:
    friend class FormulaCounter;
    void count(IntervalWalk& walk, std::uint32_t chrom, std::int32_t start, std::int32_t end,
               FormulaCounts& counts) const;

    std::vector<Tss> sites_;
    std::vector<char> first_;  // no equal TSS before it
    IntervalIndex index_;
};

}  // namespace epi
