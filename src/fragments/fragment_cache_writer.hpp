#pragma once
#include <nlohmann/json.hpp>

#include "fragments/fragment_scan.hpp"
#include "fragments/fragment_spool.hpp"
#include "fragments/run_merge.hpp"

namespace epi {

// Keeps what a scan reads, to write a cache of it when the scan is over (cache_format.hpp says what that is).
class FragmentCacheWriter {
  public:
    // Scratch data lies in the folder of `path`.
    FragmentCacheWriter(const std::filesystem::path& path, std::size_t lanes);

    FragmentSink& lane(std::size_t lane) { return spool_.lane(lane); }
    // What was read.
    FragmentSpool& spool() { return spool_; }

    // Takes from the result what the cache must know.
    void end_scan(const ScanResult& scan);
    // Writes all to `file`. `sources`: for each file path, bytes and xxh3_128. The same bytes at any number
    // of lanes and threads and any size of chunks. ResourceError: the disk is full.
    void write(const std::filesystem::path& file, const nlohmann::ordered_json& sources,
               const RunContext& context);

  private:
    FragmentSpool spool_;
    std::vector<FragmentFileSummary> files_;
    std::vector<std::pair<std::string, std::int64_t>> skipped_;
    std::vector<std::string> contigs_;   // of the scan
    std::vector<std::string> barcodes_;  // in order of their first fragments
    BarcodeNumbers numbers_;             // places in barcodes_
};

}  // namespace epi
