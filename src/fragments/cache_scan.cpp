#include "fragments/cache_scan.hpp"

#include <algorithm>
#include <atomic>
#include <exception>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "fragments/barcode_memory.hpp"
#include "fragments/fragment_block.hpp"
#include "genome/contig_names.hpp"

namespace epi {
namespace {

// Some blocks of one file, one after the other.
struct CacheChunk {
    std::uint64_t order = 0;
    std::size_t first = 0, last = 0;
    std::exception_ptr error;
};

// What all threads share.
struct CacheReading {
    const FragmentCache& cache;
    const CacheScanOptions& options;
    std::vector<Contig> contigs;  // of all files
    std::vector<char> wanted;     // by barcode; empty: all
    std::vector<CacheChunk> chunks;
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> stop = false;
};

void place_contigs(CacheReading& reading, ScanResult& result) {
    const auto& reference = reading.options.reference;
    result.contigs = reference;
    for (auto& file : result.files) {
        ContigNames names(reference);
        const auto& contigs =
            reading.cache.directory().files[static_cast<std::size_t>(&file - result.files.data())];
        for (const auto& name : contigs.contigs) {
            auto id = names.id(name, file.name);
            if (id >= reference.size()) id = result.contigs.add(name);
            reading.contigs.push_back(contig_of(result.contigs, id));
        }
        file.renamed = names.renamed();
        for (const auto& pair : names.renamed())
            if (std::find(result.renamed.begin(), result.renamed.end(), pair) == result.renamed.end())
                result.renamed.push_back(pair);
    }
}

void place_barcodes(CacheReading& reading, ScanResult& result, std::size_t lanes,
                    std::uint64_t memory_bytes) {
    const auto& names = reading.cache.directory().barcodes;
    BarcodeMemory memory(memory_bytes, lanes);
    for (std::size_t i = 0; i < lanes; ++i) memory.lane_has(i, names.size(), 0, reading.cache.name());
    const auto& cells = reading.options.cells;
    for (const auto& cell : cells) result.barcodes.id(cell);
    check(result.barcodes.size() == cells.size(), "scan_fragment_cache: distinct cells");
    for (const auto& name : names) result.order.push_back(result.barcodes.id(name));
    if (!cells.empty())
        for (const auto id : result.order) reading.wanted.push_back(id < cells.size() ? 1 : 0);
    result.id_of_lane.assign(lanes, result.order);
}

void divide(CacheReading& reading, ScanResult& result) {
    const auto& directory = reading.cache.directory();
    std::size_t block = 0;
    std::uint32_t contigs = 0;
    for (std::uint64_t file = 0; file < directory.files.size(); ++file) {
        contigs += static_cast<std::uint32_t>(directory.files[file].contigs.size());
        std::int64_t before = 0;
        for (std::uint64_t number = 0;
             block < directory.blocks.size() && directory.blocks[block].contig < contigs; ++number) {
            CacheChunk chunk{(file << 52) | (number << 28), block, block, nullptr};
            result.fragments_before.emplace_back(chunk.order, before);
            for (std::size_t rows = 0; rows < reading.options.rows && block < directory.blocks.size() &&
                                       directory.blocks[block].contig < contigs;
                 ++block) {
                rows += directory.blocks[block].rows;
                before += directory.blocks[block].rows;
            }
            chunk.last = block;
            reading.chunks.push_back(chunk);
        }
    }
}

// One thread's part.
class CacheLane {
  public:
    CacheLane(CacheReading& reading, FragmentSink& sink) : reading_(reading), sink_(sink) {
        batch_.wanted = reading.wanted.empty() ? nullptr : reading.wanted.data();
    }

    void run(const RunContext& context) {
        while (!reading_.stop) {
            const auto i = reading_.next++;
            if (i >= reading_.chunks.size()) return;
            auto& chunk = reading_.chunks[i];
            try {
                context.check_stop();
                read(chunk);
            } catch (...) {
                chunk.error = std::current_exception();
                reading_.stop = true;
            }
        }
    }

  private:
    void read(const CacheChunk& chunk) {
        reading_.cache.read(chunk.first, chunk.last, buffer_);
        sink_.begin_chunk(chunk.order);
        for (auto i = chunk.first; i < chunk.last; ++i) decode(i, chunk.first);
        sink_.end_chunk(chunk.order);
    }

    void decode(std::size_t i, std::size_t first) {
        const auto& directory = reading_.cache.directory();
        const auto bytes = reading_.cache.block(i, first, buffer_);
        batch_.set_contig(reading_.contigs[directory.blocks[i].contig]);
        bool good =
            decoder_.open(bytes, directory.barcodes.size()) && decoder_.rows() == directory.blocks[i].rows;
        for (std::size_t rows = 0; good && rows < decoder_.rows();) {
            good = decoder_.next(batch_, reading_.options.reads);
            rows += batch_.size;
            if (good) sink_.consume(batch_);
        }
        if (!good)
            throw_damaged_cache(reading_.cache.name(), "block " + std::to_string(i) + " makes no sense");
    }

    CacheReading& reading_;
    FragmentSink& sink_;
    RawBuffer buffer_;
    BlockDecoder decoder_;
    FragmentBatch batch_;
};

}  // namespace

ScanResult scan_fragment_cache(const FragmentCache& cache, const CacheScanOptions& options,
                               const std::vector<FragmentSink*>& sinks, const RunContext& context) {
    ScanResult result;
    CacheReading reading{cache, options, {}, {}, {}};
    for (const auto& file : cache.directory().files) result.files.push_back(file.summary);
    result.skipped = cache.directory().skipped;
    result.fragments = static_cast<std::int64_t>(cache.rows());
    place_contigs(reading, result);
    if (options.names) place_barcodes(reading, result, sinks.size(), context.memory_bytes);
    divide(reading, result);
    parallel_for(sinks.size(), static_cast<int>(sinks.size()),
                 [&](std::size_t lane) { CacheLane(reading, *sinks[lane]).run(context); });
    context.check_stop();
    for (const auto& chunk : reading.chunks)
        if (chunk.error) std::rethrow_exception(chunk.error);
    return result;
}

}  // namespace epi
