#include "fragments/fragment_cache_writer.hpp"

#include <algorithm>
#include <fstream>
#include <unordered_map>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "fragments/cache_format.hpp"
#include "io/checksum.hpp"

namespace epi {
namespace {

// The blocks of a cache that is being written, a few at a time.
class BlockWriter {
  public:
    BlockWriter(std::ofstream& file, const RunContext& context) : file_(file), context_(context) {}

    // The fragments of a contig, by start.
    void add(std::uint32_t contig, RunMerge& fragments) {
        for (;;) {
            Piece& piece = pieces_.emplace_back();
            piece.entry.contig = contig;
            if (!fragments.next(piece.columns, kCacheBlockRows)) return pieces_.pop_back();
            if (pieces_.size() >= kPieces) flush();
        }
    }
    void flush();

    std::vector<CachedBlock> blocks;
    std::vector<std::uint32_t> counts;  // by barcode
    std::uint64_t rows = 0, bytes = 0;

  private:
    static constexpr std::size_t kPieces = 64;
    struct Piece {
        CachedBlock entry;
        FragmentColumns columns;
        std::string packed;
    };
    static void pack(Piece& piece);

    std::ofstream& file_;
    const RunContext& context_;
    std::vector<Piece> pieces_;
};

void BlockWriter::pack(Piece& piece) {
    const auto& columns = piece.columns;
    encode_fragments(columns, 0, columns.size(), true, piece.packed);
    piece.entry.rows = static_cast<std::uint32_t>(columns.size());
    piece.entry.first_start = columns.start.front();
    piece.entry.last_end = *std::max_element(columns.end.begin(), columns.end.end());
    piece.entry.bytes = static_cast<std::uint32_t>(piece.packed.size());
    piece.entry.crc = crc32_of(piece.packed);
}

void BlockWriter::flush() {
    context_.check_stop();
    parallel_for(pieces_.size(), context_.threads, [&](std::size_t i) { pack(pieces_[i]); });
    for (const auto& piece : pieces_) {
        for (const auto barcode : piece.columns.barcode) ++counts[barcode];
        file_ << piece.packed;
        blocks.push_back(piece.entry);
        rows += piece.entry.rows;
        bytes += piece.entry.bytes;
    }
    pieces_.clear();
}

// The names of a scan's contigs in one of its files.
std::string name_in_file(const FragmentFileSummary& file, const std::string& contig) {
    for (const auto& [from, to] : file.renamed)
        if (to == contig) return from;
    return contig;
}

}  // namespace

FragmentCacheWriter::FragmentCacheWriter(const std::filesystem::path& path, std::size_t lanes)
    : spool_(path.parent_path(), "free space there, or choose another folder for --cache", lanes) {}

void FragmentCacheWriter::end_scan(const ScanResult& scan) {
    files_ = scan.files;
    skipped_ = scan.skipped;
    contigs_ = scan.contigs.names();
    std::vector<std::uint32_t> place_of(scan.barcodes.size());
    for (const auto id : scan.order) {
        place_of[id] = static_cast<std::uint32_t>(barcodes_.size());
        barcodes_.emplace_back(scan.barcodes.name(id));
    }
    for (const auto& ids : scan.id_of_lane) {
        auto& numbers = numbers_.emplace_back();
        for (const auto id : ids) numbers.push_back(place_of[id]);
    }
    spool_.sort_runs();
}

void FragmentCacheWriter::write(const std::filesystem::path& path, const nlohmann::ordered_json& sources,
                                const RunContext& context) {
    // A run that is open takes about 32 KiB.
    const auto most_runs = std::max<std::uint64_t>(2, context.memory_bytes / 8 / (32U << 10));
    std::ofstream file(path, std::ios::binary);
    file << std::string(kCacheHead, '\0');
    BlockWriter writer(file, context);
    writer.counts.resize(barcodes_.size());
    CacheDirectory directory;
    const auto runs = spool_.runs();
    std::uint32_t contig = 0;
    for (std::size_t i = 0, first = 0; i < files_.size(); ++i) {
        auto& cached = directory.files.emplace_back(CachedFile{files_[i], {}});
        // The contigs by their first fragments.
        std::vector<std::vector<SpooledRun>> of_contig;
        std::unordered_map<std::uint32_t, std::size_t> place_of;
        for (; first < runs.size() && runs[first].file() == i; ++first) {
            const auto [place, fresh] = place_of.emplace(runs[first].contig, of_contig.size());
            if (fresh) {
                of_contig.emplace_back();
                cached.contigs.push_back(name_in_file(files_[i], contigs_[runs[first].contig]));
            }
            of_contig[place->second].push_back(runs[first]);
        }
        for (auto& some : of_contig) {
            some = merge_overlapping(spool_, std::move(some), numbers_, most_runs);
            RunMerge merge(spool_, some, numbers_);
            writer.add(contig++, merge);
        }
    }
    writer.flush();
    directory.skipped = skipped_;
    directory.sources = sources;
    directory.counts = std::move(writer.counts);
    directory.barcodes = barcodes_;
    directory.blocks = std::move(writer.blocks);
    CacheHead head;
    head.rows = writer.rows;
    head.block_bytes = writer.bytes;
    file << write_cache_directory(directory, head);
    file.seekp(0);
    file << write_cache_head(head);
    file.close();
    if (!file) throw ResourceError(path.string(), "writing failed", "check the space on the disk");
}

}  // namespace epi
