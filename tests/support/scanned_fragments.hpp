#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fragments/fragment_scan.hpp"

namespace epi::test {

// Keeps what it gets; barcodes by their numbers.
struct FragmentKeeper : FragmentSink {
    struct Row {
        std::uint32_t chrom, barcode;
        std::int32_t start, end;
        std::uint32_t reads;
    };
    std::map<std::uint64_t, std::vector<Row>> rows;  // by chunk
    std::vector<Row> chunk;
    void consume(FragmentBatch& batch) override {
        for (std::size_t i = 0; i < batch.size; ++i)
            chunk.push_back({batch.chrom, batch.barcode[i], batch.start[i], batch.end[i], batch.reads[i]});
    }
    void end_chunk(std::uint64_t order) override { rows[order] = std::exchange(chunk, {}); }
};

struct ScannedFragments {
    ScanResult result;
    std::vector<std::string> rows;  // "contig:start-end barcode reads" in the order of the files
};

// What a scan, a function of its sinks, gives to so many threads.
template <class Scan>
ScannedFragments keep_fragments(std::size_t threads, Scan&& scan) {
    std::vector<FragmentKeeper> keepers(threads);
    std::vector<FragmentSink*> sinks;
    for (auto& keeper : keepers) sinks.push_back(&keeper);
    ScannedFragments scanned{scan(sinks), {}};
    std::map<std::uint64_t, std::vector<std::string>> by_chunk;
    for (std::size_t lane = 0; lane < threads; ++lane)
        for (const auto& [order, rows] : keepers[lane].rows)
            for (const auto& row : rows)
                by_chunk[order].push_back(
                    scanned.result.contigs.name(row.chrom) + ":" + std::to_string(row.start) + "-" +
                    std::to_string(row.end) + " " +
                    std::string(scanned.result.barcodes.name(scanned.result.id_of_lane[lane][row.barcode])) +
                    " " + std::to_string(row.reads));
    for (const auto& [order, rows] : by_chunk)
        scanned.rows.insert(scanned.rows.end(), rows.begin(), rows.end());
    return scanned;
}

inline std::vector<std::string> barcodes_in_order(const ScanResult& result) {
    std::vector<std::string> names;
    for (const auto id : result.order) names.emplace_back(result.barcodes.name(id));
    return names;
}

}  // namespace epi::test
