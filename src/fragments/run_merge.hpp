#pragma once
#include <memory>
#include <span>
#include <vector>

#include "fragments/fragment_spool.hpp"

namespace epi {

// The number of a barcode by the lane and the number that this gave it. Runs whose lane is not in it have the
// barcodes numbered already.
using BarcodeNumbers = std::vector<std::vector<std::uint32_t>>;

// Gives the fragments of several runs of one contig, by start; of equal starts those first that came first in
// the files. Holds a batch of as many runs as overlap.
class RunMerge {
  public:
    // `runs` by position. All must outlive this.
    RunMerge(const FragmentSpool& spool, std::span<const SpooledRun> runs, const BarcodeNumbers& numbers);
    ~RunMerge();

    // Appends up to `rows` more fragments; false if there were none.
    bool next(FragmentColumns& columns, std::size_t rows);

  private:
    struct Cursor;
    struct Later;
    bool open_all_that_may_be_next();
    void append(Cursor& cursor, std::size_t last, FragmentColumns& columns) const;
    void put_back(std::unique_ptr<Cursor> cursor);

    const FragmentSpool& spool_;
    const BarcodeNumbers& numbers_;
    std::vector<const SpooledRun*> waiting_;     // the next to open is the last
    std::vector<std::unique_ptr<Cursor>> open_;  // a heap, the next in front
};

// The most runs that lie over each other.
std::size_t most_overlapping(std::span<const SpooledRun> runs);

// Runs with the same fragments, of which at most `most` lie over each other if that is possible in a few
// rounds: neighbours by position are merged in the spool.
std::vector<SpooledRun> merge_overlapping(FragmentSpool& spool, std::vector<SpooledRun> runs,
                                          const BarcodeNumbers& numbers, std::size_t most);

}  // namespace epi
