#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fragments/chunk_parser.hpp"
#include "fragments/fragment_block.hpp"
#include "io/scratch_file.hpp"

namespace epi {

// Fragments of one contig by start that lie in a spool, in blocks of at most a batch.
struct SpooledRun {
    std::uint64_t position = 0;  // of the first of them in the files; a run holds what lies before the next
    std::uint32_t contig = 0;    // of the scan
    std::uint32_t lane = 0;      // that numbered the barcodes
    std::uint32_t first_start = 0, last_start = 0;
    std::uint64_t offset = 0, bytes = 0;
    std::size_t file() const { return position >> 52; }
};

// Keeps the fragments of a scan on the disk, packed, while it is not known how barcodes and contigs are
// numbered: for each chunk of a file and each contig in it a run.
class FragmentSpool {
  public:
    // The runs lie in an unnamed file of `folder`. ResourceError as ScratchFile.
    FragmentSpool(const std::filesystem::path& folder, std::string remedy, std::size_t lanes);
    ~FragmentSpool();

    // What a lane reads goes here.
    FragmentSink& lane(std::size_t lane);

    // When the scan is over: the runs by position.
    const std::vector<SpooledRun>& runs() const { return runs_; }
    const ScratchFile& bytes() const { return scratch_; }
    // Appends the fragments, which ascend by start, as blocks; returns what `run` has but for these.
    SpooledRun add(const FragmentColumns& columns, std::size_t first, std::size_t rows, SpooledRun run);
    void sort_runs();

  private:
    class Lane;
    ScratchFile scratch_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::vector<SpooledRun> runs_;
};

}  // namespace epi
