// Makes a shard of simulated cells and reads it in several ways: see store.py.
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batches/atlas_cells.hpp"
#include "batches/cell_order.hpp"
#include "bench/simulated_cells.hpp"
#include "core/huge_pages.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "store/hdf5.hpp"

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

int usage() {
    std::fputs(
        "usage: bench_store shard CELLS PEAKS FILE.h5mu | h5ad CELLS PEAKS FILE.h5ad\n"
        "       bench_store read FILE.h5mu random|fresh|sum|tokens|exact|faults|readahead|blocks|disk|direct "
        "SECONDS [drop]\n"
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

// What is done with the cells of a batch.
enum class Use { Copy, Sum, Tokens };

// Open peaks copied one cell after the other.
void copy(std::span<const std::int64_t> batch, const epi::AtlasCells& atlas, Packed& packed,
          Reading& reading) {
    const auto size = atlas.peak_count(batch);
    packed.make_room(size);
    atlas.copy_peaks(batch, packed.peaks.get());
    reading.bytes += size * sizeof(std::int32_t);
    if (size > 0) reading.sum += static_cast<std::uint64_t>(packed.peaks[size - 1]);
}

// With the widest instructions that the processor has, as numpy.
#ifdef __x86_64__
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
std::uint32_t
sum_of(const std::int32_t* peaks, std::size_t count) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += static_cast<std::uint32_t>(peaks[i]);
    return sum;
}

// Every index looked at once, where it lies: what a consumer that needs no copy does.
void add_up(std::span<const std::int64_t> batch, const epi::AtlasCells& atlas, Reading& reading) {
    atlas.for_each_peaks(batch, [&](std::size_t, std::span<const std::int32_t> peaks) {
        reading.sum += sum_of(peaks.data(), peaks.size());
        reading.bytes += peaks.size_bytes();
    });
}

// The tokens of a batch as a network takes them: int64, the first four are special.
void make_tokens(std::span<const std::int64_t> batch, const epi::AtlasCells& atlas, Packed& packed,
                 Reading& reading) {
    const auto size = atlas.peak_count(batch);
    packed.make_room(2 * size);
    auto* to = reinterpret_cast<std::int64_t*>(packed.peaks.get());
    atlas.for_each_peaks(batch, [&](std::size_t, std::span<const std::int32_t> peaks) {
        for (const auto peak : peaks) *to++ = std::int64_t{peak} + 4;
    });
    reading.bytes += size * sizeof(std::int32_t);
    if (size > 0) reading.sum += static_cast<std::uint64_t>(*(to - 1));
}

void use(Use how, std::span<const std::int64_t> batch, const epi::AtlasCells& atlas, Packed& packed,
         Reading& reading) {
    if (how == Use::Copy) copy(batch, atlas, packed, reading);
    if (how == Use::Sum) add_up(batch, atlas, reading);
    if (how == Use::Tokens) make_tokens(batch, atlas, packed, reading);
    reading.cells += static_cast<std::int64_t>(batch.size());
}

Reading read_batches(const epi::AtlasCells& atlas, epi::CellBatches batches, double most) {
    Reading reading;
    Packed packed;
    const auto start = Clock::now();
    for (auto batch = batches.next(); !batch.empty(); batch = batches.next()) {
        use(Use::Copy, batch, atlas, packed, reading);
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
        const auto batch = std::span(order).subspan(i, std::min<std::size_t>(64, order.size() - i));
        packed.make_room(atlas.peak_count(batch));
        auto* to = packed.peaks.get();
        for (const auto cell : batch) {
            const auto at = static_cast<std::size_t>(cell);
            to = std::copy(indices + indptr[at], indices + indptr[at + 1], to);
        }
        reading.cells += static_cast<std::int64_t>(batch.size());
        reading.bytes += static_cast<std::uint64_t>(to - packed.peaks.get()) * sizeof(std::int32_t);
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
Reading read_random(const epi::AtlasCells& atlas, double most, Use how, bool fresh) {
    Reading reading;
    Packed packed;
    epi::Rng rng(7);
    std::vector<std::int64_t> batch(kBatch);
    const auto start = Clock::now();
    while (reading.seconds < most) {
        if (fresh) packed = {};
        for (auto& cell : batch)
            cell = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(atlas.size())));
        use(how, batch, atlas, packed, reading);
        reading.seconds = seconds_since(start);
    }
    return reading;
}

int read(const fs::path& path, const std::string& mode, double most, bool cold) {
    const auto atlas = epi::AtlasCells::open(path);
    if (cold) drop(path);
    Reading reading;
    if (mode == "random" || mode == "fresh" || mode == "sum" || mode == "tokens") {
        ::mallopt(M_MMAP_THRESHOLD, 1 << 20);  // what is freed goes back to the system
        const auto how = mode == "sum" ? Use::Sum : mode == "tokens" ? Use::Tokens : Use::Copy;
        read_random(atlas, most / 4, how, false);
        reading = read_random(atlas, most, how, mode == "fresh");
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

int run(const std::vector<std::string>& args) {
    const auto number = [&](std::size_t i) {
        return epi::parse_number<std::int64_t>(args.at(i)).value_or(1);
    };
    const auto is = [&](std::string_view name, std::size_t least, std::size_t most) {
        return args.size() >= least && args.size() <= most && args[0] == name;
    };
    if (is("read", 4, 5)) return read(args[1], args[2], static_cast<double>(number(3)), args.size() == 5);
    if (is("epoch", 2, 3)) return epoch(args[1], args.size() == 3 ? number(2) : 0);
    if (is("write", 3, 3) || is("direct", 3, 3)) return write(args[1], number(2), args[0] == "direct");
    if (is("shard", 4, 4)) {
        epi::bench::make_shard(number(1), number(2), args[3]);
    } else if (is("h5ad", 4, 4)) {
        epi::bench::make_h5ad(number(1), number(2), args[3]);
    } else if (is("atlas", 4, 4)) {
        epi::bench::make_atlas(args[1], number(2), number(3));
    } else {
        return usage();
    }
    return 0;
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
