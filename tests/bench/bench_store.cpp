// Makes a shard of simulated cells and reads it in several ways: see store.py.
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "batches/atlas_cells.hpp"
#include "batches/cell_order.hpp"
#include "core/huge_pages.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "store/anndata_stream.hpp"
#include "store/hdf5.hpp"
#include "store/manifest.hpp"
#include "store/shard.hpp"

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

int usage() {
    std::fputs(
        "usage: bench_store shard CELLS PEAKS FILE.h5mu | h5ad CELLS PEAKS FILE.h5ad\n"
        "       bench_store read FILE.h5mu random|fresh|exact|faults|readahead|blocks|disk|direct SECONDS "
        "[drop]\n"
        "       bench_store epoch ATLAS [MB] | write|direct FILE MB | atlas FOLDER SHARDS CELLS\n",
        stderr);
    return 2;
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double peak_mb() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    return static_cast<double>(use.ru_maxrss) / 1024;
}

// Open peaks per cell: log-normal with median 4,500 of 500,000 peaks, mean 4,900.
std::vector<std::int32_t> draw_lengths(std::int64_t cells, std::int64_t peaks) {
    epi::Rng rng(1);
    std::vector<std::int32_t> lengths;
    for (std::int64_t cell = 0; cell < cells; ++cell) {
        const double open = 4500.0 * static_cast<double>(peaks) / 500000 * std::exp(0.4 * rng.normal());
        lengths.push_back(static_cast<std::int32_t>(std::min(open, 0.4 * static_cast<double>(peaks))));
    }
    return lengths;
}

// Sorted peaks of a cell, gaps near exponential; exactly `row.size()` of them.
void draw_row(std::int64_t cell, std::int64_t peaks, std::vector<std::int32_t>& row) {
    epi::Rng rng(2, static_cast<std::uint64_t>(cell));
    // Each open peak lies at random in a stretch of its own: sorted and distinct without a sort.
    const double stretch = static_cast<double>(peaks) / static_cast<double>(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto begin = static_cast<std::int64_t>(stretch * static_cast<double>(i));
        const auto end = static_cast<std::int64_t>(stretch * static_cast<double>(i + 1));
        const auto width = static_cast<std::uint64_t>(std::max<std::int64_t>(1, end - begin));
        row[i] = static_cast<std::int32_t>(begin) + static_cast<std::int32_t>(((rng() >> 32) * width) >> 32);
    }
}

epi::DataFrame obs_of(std::int64_t cells) {
    epi::DataFrame obs;
    std::vector<std::int32_t> codes;
    for (std::int64_t cell = 0; cell < cells; ++cell) {
        obs.index.push_back("CELL" + std::to_string(10000000 + cell) + "-1");
        codes.push_back(static_cast<std::int32_t>(cell % 10));
    }
    std::vector<std::string> types;
    for (int i = 0; i < 10; ++i) types.push_back("type" + std::to_string(i));
    obs.set("sample", epi::make_categorical(std::vector<std::string>(obs.size(), "S")));
    obs.set("cell_type", epi::Categorical{types, codes});
    return obs;
}

std::vector<std::string> peak_names(std::int64_t peaks) {
    std::vector<std::string> names;
    for (std::int64_t peak = 0; peak < peaks; ++peak)
        names.push_back("chr1:" + std::to_string(1000 * peak) + "-" + std::to_string(1000 * peak + 500));
    return names;
}

template <class Put>
void for_each_row(const std::vector<std::int32_t>& lengths, std::int64_t peaks, Put&& put) {
    std::vector<std::int32_t> row;
    for (std::size_t cell = 0; cell < lengths.size(); ++cell) {
        row.resize(static_cast<std::size_t>(lengths[cell]));
        draw_row(static_cast<std::int64_t>(cell), peaks, row);
        put(static_cast<std::int64_t>(cell), row);
    }
}

int make_shard(std::int64_t cells, std::int64_t peaks, const fs::path& path) {
    epi::ShardHead head;
    head.obs = obs_of(cells);
    head.peaks = peak_names(peaks);
    const auto lengths = draw_lengths(cells, peaks);
    epi::ShardWriter writer(head, lengths, {}, path, true);
    for_each_row(lengths, peaks, [&](std::int64_t cell, const auto& row) { writer.put_peaks(cell, row); });
    writer.commit(nlohmann::ordered_json::object());
    return 0;
}

// Counts as `count` writes them.
int make_h5ad(std::int64_t cells, std::int64_t peaks, const fs::path& path) {
    epi::AnnData tables;
    tables.obs = obs_of(cells);
    tables.var.index = peak_names(peaks);
    tables.uns = nlohmann::ordered_json::object();
    const auto lengths = draw_lengths(cells, peaks);
    epi::AnnDataWriter writer(tables, lengths, epi::StoredAs::Int32, path, true);
    std::vector<double> counts;
    for_each_row(lengths, peaks, [&](std::int64_t cell, const auto& row) {
        counts.resize(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) counts[i] = row[i] % 8 == 0 ? 2 : 1;
        writer.put(cell, row, counts);
    });
    writer.commit();
    return 0;
}

// The system forgets what it holds of the file.
void drop(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY);
    ::fsync(fd);
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    ::close(fd);
}

struct Reading {
    std::int64_t cells = 0;
    std::uint64_t bytes = 0;
    double seconds = 0;
    std::uint64_t sum = 0;
};

// Where a batch is packed: memory that grows and is not cleared first.
struct Packed {
    std::unique_ptr<std::int32_t[]> peaks;
    std::size_t room = 0;

    void make_room(std::size_t size) {
        if (size <= room) return;
        peaks.reset(new std::int32_t[size]);
        epi::prefer_huge_pages(peaks.get(), size * sizeof(std::int32_t));
        room = size;
    }
};

// Copies the open peaks of a batch one after the other, as a trainer packs them.
template <class PeaksOf>
void gather(std::span<const std::int64_t> batch, const epi::AtlasCells& atlas, Packed& packed,
            Reading& reading, PeaksOf&& peaks_of) {
    std::size_t size = 0;
    for (const auto cell : batch) size += static_cast<std::size_t>(atlas.peak_count(cell));
    packed.make_room(size);
    auto* at = packed.peaks.get();
    for (const auto cell : batch) {
        const auto peaks = peaks_of(cell);
        std::memcpy(at, peaks.data(), peaks.size_bytes());
        at += peaks.size();
    }
    reading.cells += static_cast<std::int64_t>(batch.size());
    reading.bytes += size * sizeof(std::int32_t);
    if (size > 0) reading.sum += static_cast<std::uint64_t>(*(at - 1));
}

Reading read_batches(const epi::AtlasCells& atlas, epi::CellBatches batches, double most) {
    Reading reading;
    Packed packed;
    const auto start = Clock::now();
    for (auto batch = batches.next(); !batch.empty(); batch = batches.next()) {
        gather(batch, atlas, packed, reading, [&](std::int64_t cell) { return atlas.peaks_of(cell); });
        reading.seconds = seconds_since(start);
        if (reading.seconds > most) break;
    }
    return reading;
}

constexpr std::size_t kBatch = 1024;

// Random cells without a word to the system, by what the mapping is advised.
Reading read_mapping(const fs::path& path, const epi::AtlasCells& atlas, int advice, double most) {
    const auto x = epi::Hdf5Node::open_file(path).child("mod").child("atac").child("X");
    const auto extent = *x.child("indices").mappable<std::int32_t>();
    const auto indptr = x.child("indptr").read<std::int32_t>();
    const int fd = ::open(path.c_str(), O_RDONLY);
    const auto size = fs::file_size(path);
    auto* bytes = static_cast<std::byte*>(::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0));
    ::madvise(bytes, size, advice);
    const auto* indices = reinterpret_cast<const std::int32_t*>(bytes + extent.offset);
    std::vector<std::int64_t> cells(static_cast<std::size_t>(atlas.size()));
    std::iota(cells.begin(), cells.end(), 0);
    const auto order = epi::shuffled_cells(cells, 5);
    Reading reading;
    Packed packed;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < order.size() && reading.seconds < most; i += 64) {
        gather(std::span(order).subspan(i, std::min<std::size_t>(64, order.size() - i)), atlas, packed,
               reading, [&](std::int64_t cell) {
                   const auto at = static_cast<std::size_t>(cell);
                   return std::span(indices + indptr[at], indices + indptr[at + 1]);
               });
        reading.seconds = seconds_since(start);
    }
    ::munmap(bytes, size);
    ::close(fd);
    return reading;
}

// The disk's own rate: large reads from front to back, through the system's cache or past it.
Reading read_disk(const fs::path& path, double most, bool direct) {
    constexpr std::size_t kPiece = 4 << 20;
    const int fd = ::open(path.c_str(), O_RDONLY | (direct ? O_DIRECT : 0));
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    auto* buffer = std::aligned_alloc(4096, kPiece);
    Reading reading;
    const auto start = Clock::now();
    while (reading.seconds < most) {
        const auto got = ::read(fd, buffer, kPiece);
        if (got <= 0) break;
        reading.bytes += static_cast<std::uint64_t>(got);
        reading.seconds = seconds_since(start);
    }
    ::close(fd);
    std::free(buffer);
    return reading;
}

// Warm: every cell in random order, again and again. `fresh`: each batch into memory that the system has to
// find first, as when batches are kept.
Reading read_random(const epi::AtlasCells& atlas, double most, bool fresh) {
    Reading reading;
    Packed packed;
    epi::Rng rng(7);
    std::vector<std::int64_t> batch(kBatch);
    const auto start = Clock::now();
    while (reading.seconds < most) {
        if (fresh) packed = {};
        for (auto& cell : batch)
            cell = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(atlas.size())));
        gather(batch, atlas, packed, reading, [&](std::int64_t cell) { return atlas.peaks_of(cell); });
        reading.seconds = seconds_since(start);
    }
    return reading;
}

int read(const fs::path& path, const std::string& mode, double most, bool cold) {
    const auto atlas = epi::AtlasCells::open(path);
    if (cold) drop(path);
    Reading reading;
    if (mode == "random" || mode == "fresh") {
        ::mallopt(M_MMAP_THRESHOLD, 1 << 20);  // what is freed goes back to the system
        read_random(atlas, most / 4, false);
        reading = read_random(atlas, most, mode == "fresh");
    } else if (mode == "exact") {
        std::vector<std::int64_t> cells(static_cast<std::size_t>(atlas.size()));
        std::iota(cells.begin(), cells.end(), 0);
        reading = read_batches(atlas, {atlas, epi::shuffled_cells(cells, 5), kBatch}, most);
    } else if (mode == "blocks") {
        reading = read_batches(atlas, {atlas, epi::BlockShuffle(atlas.size(), 5), kBatch}, most);
    } else if (mode == "faults" || mode == "readahead") {
        reading = read_mapping(path, atlas, mode == "faults" ? MADV_RANDOM : MADV_NORMAL, most);
    } else if (mode == "disk" || mode == "direct") {
        reading = read_disk(path, most, mode == "direct");
    } else {
        return usage();
    }
    std::printf("%.1f %.1f %.1f %llu\n", static_cast<double>(reading.cells) / reading.seconds,
                static_cast<double>(reading.bytes) / 1e6 / reading.seconds, peak_mb(),
                static_cast<unsigned long long>(reading.sum));
    return 0;
}

// A whole epoch, block-shuffled.
int epoch(const fs::path& path, std::int64_t megabytes) {
    const auto start = Clock::now();
    auto atlas = epi::AtlasCells::open(path);
    const auto opened = seconds_since(start), before = peak_mb();
    if (megabytes > 0) atlas.keep_mapped(static_cast<std::uint64_t>(megabytes) << 20);
    const auto reading = read_batches(atlas, {atlas, epi::BlockShuffle(atlas.size(), 5), kBatch}, 1e9);
    std::printf("%lld %.1f %.1f %.3f %.1f\n", static_cast<long long>(reading.cells),
                static_cast<double>(reading.cells) / reading.seconds, peak_mb(), opened, before);
    return 0;
}

// The disk's rate of writing, until it is there; through the system's cache or past it.
int write(const fs::path& path, std::int64_t megabytes, bool direct) {
    constexpr std::size_t kPiece = 4 << 20;
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | (direct ? O_DIRECT : 0), 0644);
    auto* buffer = static_cast<std::uint64_t*>(std::aligned_alloc(4096, kPiece));
    epi::Rng rng(9);
    for (std::size_t i = 0; i < kPiece / sizeof(std::uint64_t); ++i) buffer[i] = rng();
    const auto start = Clock::now();
    for (std::int64_t i = 0; i < megabytes; i += 4)
        if (::write(fd, buffer, kPiece) != static_cast<ssize_t>(kPiece)) return 1;
    ::fsync(fd);
    std::printf("%.1f\n", static_cast<double>(megabytes) * 1.048576 / seconds_since(start));
    ::close(fd);
    ::unlink(path.c_str());
    std::free(buffer);
    return 0;
}

// An atlas of many cells on little disk: few peaks are open, everything else is as large as ever.
int make_atlas(const fs::path& folder, std::int64_t shards, std::int64_t cells) {
    constexpr std::int64_t kPeaks = 500000;
    constexpr std::int32_t kOpen = 20;
    fs::create_directories(folder);
    epi::AtlasManifest manifest;
    epi::ShardHead head;
    head.obs = obs_of(cells);
    head.peaks = peak_names(kPeaks);
    const std::vector<std::int32_t> lengths(static_cast<std::size_t>(cells), kOpen);
    for (std::int64_t i = 0; i < shards; ++i) {
        const auto name = "S" + std::to_string(100 + i);
        const auto path = folder / (name + ".h5mu");
        head.obs.set("sample", epi::make_categorical(std::vector<std::string>(head.obs.size(), name)));
        epi::ShardWriter writer(head, lengths, {}, path, true);
        for_each_row(lengths, kPeaks,
                     [&](std::int64_t cell, const auto& row) { writer.put_peaks(cell, row); });
        writer.commit(nlohmann::ordered_json::object());
        manifest.shards.push_back({path.filename(),
                                   {name},
                                   cells,
                                   kOpen * cells,
                                   0,
                                   false,
                                   fs::file_size(path),
                                   std::string(64, '0'),
                                   {}});
    }
    manifest.peaks = {"peaks.bed", kPeaks, epi::identity_of_names(head.peaks)};
    manifest.split = {{"by", "cell"}, {"fractions", {0.8, 0.1, 0.1}}, {"seed", 1}};
    epi::write_manifest(manifest, folder);
    return 0;
}

int run(const std::vector<std::string>& args) {
    const auto number = [&](std::size_t i) {
        return epi::parse_number<std::int64_t>(args.at(i)).value_or(1);
    };
    if (args.size() == 4 && args[0] == "shard") return make_shard(number(1), number(2), args[3]);
    if (args.size() == 4 && args[0] == "h5ad") return make_h5ad(number(1), number(2), args[3]);
    if ((args.size() == 4 || args.size() == 5) && args[0] == "read")
        return read(args[1], args[2], static_cast<double>(number(3)), args.size() == 5);
    if ((args.size() == 2 || args.size() == 3) && args[0] == "epoch")
        return epoch(args[1], args.size() == 3 ? number(2) : 0);
    if (args.size() == 3 && (args[0] == "write" || args[0] == "direct"))
        return write(args[1], number(2), args[0] == "direct");
    if (args.size() == 4 && args[0] == "atlas") return make_atlas(args[1], number(2), number(3));
    return usage();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_store: %s\n", error.what());
        return 1;
    }
}
