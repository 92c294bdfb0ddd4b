#include "fragments/fragment_cache.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/error.hpp"
#include "core/random.hpp"
#include "fragments/cache_scan.hpp"
#include "fragments/fragment_cache_writer.hpp"
#include "io/checksum.hpp"
#include "support/scanned_fragments.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

namespace fs = std::filesystem;
using test::barcodes_in_order;
using test::keep_fragments;
using test::message_of;
using test::TemporaryFolder;
using Texts = std::vector<std::string>;

std::string bytes_in(const fs::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

struct Making {
    int threads = 1;
    std::size_t chunk = 512U << 10;
    std::uint64_t memory = 1ULL << 30;
    Texts reference;
    std::int64_t skip_bad_lines = 0;
};

// Makes a cache of the files; returns where.
fs::path make_cache(const TemporaryFolder& folder, const std::vector<fs::path>& files,
                    const Making& making = {}) {
    auto path = folder / "made.cache";
    const auto threads = static_cast<std::size_t>(making.threads);
    FragmentCacheWriter writer(path, threads);
    std::vector<FragmentSink*> sinks;
    for (std::size_t i = 0; i < threads; ++i) sinks.push_back(&writer.lane(i));
    ScanOptions options;
    options.files = files;
    options.text.bytes = making.chunk;
    options.skip_bad_lines = making.skip_bad_lines;
    for (const auto& name : making.reference) options.reference.add(name);
    writer.end_scan(scan_fragments(options, sinks, {}));
    RunContext context;
    context.threads = making.threads;
    context.memory_bytes = making.memory;
    writer.write(path, {{"files", "here"}}, context);
    return path;
}

test::ScannedFragments read_cache(const fs::path& path, const CacheScanOptions& options = {},
                                  std::size_t threads = 1) {
    const FragmentCache cache(path);
    return keep_fragments(threads,
                          [&](const auto& sinks) { return scan_fragment_cache(cache, options, sinks, {}); });
}

// A file of random rows, and what a cache of it gives.
struct RandomFragments {
    std::string text;
    Texts rows, barcodes;  // in the order of a cache
};

RandomFragments random_fragments(Rng& rng, std::size_t n, bool sorted) {
    struct Row {
        std::size_t contig;
        std::uint64_t start, end;
        std::string barcode;
        std::uint64_t reads;
    };
    std::vector<Row> rows;
    for (std::size_t i = 0; i < n; ++i) {
        const auto start = rng.below(rng.chance(0.5) ? 50 : 2'000'000);
        rows.push_back(
            {rng.below(4), start, start + rng.below(1000), std::string(16, 'A'), 1 + rng.below(3)});
        for (std::size_t base = 0; base < 3; ++base) rows.back().barcode[base] = "ACGT"[rng.below(4)];
        if (rng.chance(0.1)) rows.back().barcode = "other" + std::to_string(rng.below(9));
    }
    const auto by_place = [](const Row& a, const Row& b) {
        return std::pair(a.contig, a.start) < std::pair(b.contig, b.start);
    };
    if (sorted) std::stable_sort(rows.begin(), rows.end(), by_place);
    // Contigs are numbered as they appear.
    const Texts names{"chr1", "chrX", "a_scaffold.1", "chrM"};
    RandomFragments made;
    Texts contigs;
    for (auto& row : rows) {
        const auto& name = names[row.contig];
        made.text += name + "\t" + std::to_string(row.start) + "\t" + std::to_string(row.end) + "\t" +
                     row.barcode + "\t" + std::to_string(row.reads) + "\n";
        const auto found = std::find(contigs.begin(), contigs.end(), name);
        row.contig = static_cast<std::size_t>(found - contigs.begin());
        if (found == contigs.end()) contigs.push_back(name);
        if (std::find(made.barcodes.begin(), made.barcodes.end(), row.barcode) == made.barcodes.end())
            made.barcodes.push_back(row.barcode);
    }
    std::stable_sort(rows.begin(), rows.end(), by_place);
    for (const auto& row : rows)
        made.rows.push_back(contigs[row.contig] + ":" + std::to_string(row.start) + "-" +
                            std::to_string(row.end) + " " + row.barcode + " " + std::to_string(row.reads));
    return made;
}

TEST(FragmentCache, HoldsTheRowsByContigAndStartWhateverTheirOrder) {
    const TemporaryFolder folder;
    Rng rng(3);
    for (int round = 0; round < 60; ++round) {
        const auto made =
            random_fragments(rng, 1 + rng.below(round % 10 == 0 ? 30'000 : 500), rng.chance(0.5));
        const auto file = folder.file("f.tsv", made.text);
        Making making{
            1 + static_cast<int>(rng.below(3)), 1 + rng.below(9000), rng.chance(0.5) ? 1U : 1U << 30, {}};
        const auto cache = make_cache(folder, {file}, making);
        const auto bytes = bytes_in(cache);
        CacheScanOptions options;
        options.rows = 1 + rng.below(20'000);
        const auto scanned = read_cache(cache, options, 1 + rng.below(3));
        ASSERT_EQ(scanned.rows, made.rows);
        ASSERT_EQ(barcodes_in_order(scanned.result), made.barcodes);
        ASSERT_EQ(scanned.result.fragments, std::ssize(made.rows));
        ASSERT_TRUE(bytes_in(make_cache(folder, {file})) == bytes) << "another number of threads";
    }
}

TEST(FragmentCache, GivesWhatTheFilesGive) {
    const TemporaryFolder folder;
    const auto one = folder.file("one",
                                 "chr1\t1\t2\tA\t7\nchr1\t1\t9\tB\nGL\t5\t6\tC\t1\nbad\nchrX\t1\t2\tA\t2\n"),
               two = folder.file("two", "X\t3\t4\tD\t1\n1\t9\t9\tA\t1\n1\t3\t9\tE\t1\n");
    Making making;
    making.skip_bad_lines = 1;
    for (const Texts& reference : {Texts{}, Texts{"chr1", "chrX"}, Texts{"1"}}) {
        making.reference = reference;  // of the peaks when the cache is made; does not matter
        const auto cache = make_cache(folder, {one, two}, making);
        ScanOptions direct;
        CacheScanOptions options;
        direct.files = {one, two};
        direct.skip_bad_lines = 1;
        direct.cells = options.cells = {"E", "none", "B"};
        for (const auto* name : {"chr1", "chrX", "chr9"})
            direct.reference.add(name, 50), options.reference.add(name, 50);
        const auto expected =
            keep_fragments(1, [&](const auto& sinks) { return scan_fragments(direct, sinks, {}); });
        const auto scanned = read_cache(cache, options, 2);
        EXPECT_EQ(scanned.rows, (Texts{"chr1:1-2 A 7", "chr1:1-9 B 1", "GL:5-6 C 1", "chrX:1-2 A 2",
                                       "chrX:3-4 D 1", "chr1:3-9 E 1", "chr1:9-9 A 1"}));
        const auto& a = expected.result;
        const auto& b = scanned.result;
        EXPECT_EQ(b.contigs.names(), a.contigs.names());
        EXPECT_EQ(b.renamed, a.renamed);
        EXPECT_EQ(b.skipped, a.skipped);
        EXPECT_EQ(barcodes_in_order(b), barcodes_in_order(a));
        EXPECT_EQ(b.barcodes.name(0), "E") << "listed cells come first";
        ASSERT_EQ(b.files.size(), 2U);
        for (const std::size_t i : {0, 1}) {
            EXPECT_EQ(b.files[i].name, a.files[i].name);
            EXPECT_EQ(b.files[i].fragments, a.files[i].fragments);
            EXPECT_EQ(b.files[i].first_unsorted_line, a.files[i].first_unsorted_line);
            EXPECT_EQ(b.files[i].renamed, a.files[i].renamed);
        }
    }
}

TEST(FragmentCache, KnowsWhatItWasMadeOf) {
    const TemporaryFolder folder;
    const auto path = make_cache(folder, {folder.file("f", "2\t5\t9\tA\t1\n2\t4\t9\tB\t1\n1\t1\t1\tB\t1\n")});
    EXPECT_TRUE(is_fragment_cache(path));
    EXPECT_FALSE(is_fragment_cache(folder / "f"));
    EXPECT_FALSE(is_fragment_cache(folder / "none"));
    EXPECT_FALSE(is_fragment_cache("-"));
    const FragmentCache cache(path);
    const auto& directory = cache.directory();
    EXPECT_EQ(directory.sources.dump(), R"({"files":"here"})");
    EXPECT_EQ(directory.files[0].contigs, (Texts{"2", "1"}));
    EXPECT_EQ(directory.files[0].summary.first_unsorted_line, 2);
    EXPECT_EQ(directory.barcodes, (Texts{"A", "B"}));
    EXPECT_EQ(directory.counts, (std::vector<std::uint32_t>{1, 2}));
    ASSERT_EQ(directory.blocks.size(), 2U);
    EXPECT_EQ(directory.blocks[0].rows, 2U);
    EXPECT_EQ(directory.blocks[0].first_start, 4U);
    EXPECT_EQ(directory.blocks[0].last_end, 9U);
}

class DamagedCache : public testing::Test {
  protected:
    DamagedCache()
        : good_(bytes_in(make_cache(folder_, {folder_.file("f", "chr1\t5\t9\tA\t1\nchr2\t6\t9\tB\t1\n")}))),
          head_(read_cache_head(good_, "good")) {}

    std::string problem_of(const std::string& bytes) {
        const auto path = folder_.file("bad.cache", bytes);
        return message_of<InputError>([&] { read_cache(path); });
    }
    void expect_problem(const std::string& bytes, const std::string& problem) {
        const auto message = problem_of(bytes);
        EXPECT_NE(message.find("bad.cache: "), std::string::npos) << message;
        EXPECT_NE(message.find(problem), std::string::npos) << message;
        EXPECT_NE(message.find("count --cache"), std::string::npos) << message;
    }
    // The good bytes with another head, whose checksums hold.
    std::string with(const CacheHead& head) const {
        return write_cache_head(head) + good_.substr(kCacheHead);
    }
    // The same with another directory.
    std::string with(const CacheDirectory& directory) const {
        auto head = head_;
        const auto bytes = write_cache_directory(directory, head);
        return write_cache_head(head) + good_.substr(kCacheHead, head.block_bytes) + bytes;
    }
    CacheDirectory directory() const {
        return read_cache_directory(std::string_view(good_).substr(kCacheHead + head_.block_bytes), head_,
                                    "good");
    }

    TemporaryFolder folder_;
    std::string good_;
    CacheHead head_;
};

TEST_F(DamagedCache, IsNamedWithProblemAndRemedy) {
    EXPECT_EQ(with(head_), good_);
    expect_problem("", "no such fragment cache, or an empty one");
    EXPECT_NE(message_of<InputError>([&] { read_cache(folder_ / "none"); }).find("no such fragment cache"),
              std::string::npos);
    expect_problem("chr1\t1\t5\tA\n", "is no fragment cache");
    expect_problem(good_.substr(0, 100), "is damaged: it is truncated");
    expect_problem(good_.substr(0, good_.size() - 1), " belong");
    expect_problem(good_ + "x", " belong");
    auto bytes = good_;
    bytes[8] = 2;
    expect_problem(bytes, "is a fragment cache of version 2, not 1");
    bytes = good_;
    bytes[16] = 9;
    expect_problem(bytes, "the checksum of its head is wrong");
    bytes = good_;
    bytes[kCacheHead + 10] ^= 1;
    expect_problem(bytes, "the checksum of the block at byte 128 is wrong");
    bytes = good_;
    bytes[bytes.size() - 5] ^= 1;
    expect_problem(bytes, "the checksum of its directory is wrong");
}

TEST_F(DamagedCache, EveryFlippedBitIsFound) {
    for (std::size_t i = 0; i < good_.size(); ++i) {
        auto bytes = good_;
        bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
        EXPECT_FALSE(problem_of(bytes).empty()) << "byte " << i;
    }
}

TEST_F(DamagedCache, SizesThatLieAreFound) {
    auto head = head_;
    head.barcodes = ~std::uint64_t{0};
    expect_problem(with(head), "a size in its head is impossible");
    head = head_;
    head.barcodes += 1, head.name_bytes -= 4;
    expect_problem(with(head), "is damaged");
    head = head_;
    head.rows += 1;
    expect_problem(with(head), "its index does not fit its fragments");
    auto wrong = directory();
    wrong.blocks[0].rows = 2, wrong.blocks[1].rows = 0;
    expect_problem(with(wrong), "its index does not fit its fragments");
    wrong = directory();
    std::swap(wrong.blocks[0].contig, wrong.blocks[1].contig);
    expect_problem(with(wrong), "its index does not fit its fragments");
    wrong = directory();
    wrong.blocks[1].contig = 2;
    expect_problem(with(wrong), "its index does not fit its fragments");
    wrong = directory();
    wrong.files[0].contigs.assign(5, "x");
    expect_problem(with(wrong), "barcodes that it should");
    wrong = directory();
    wrong.barcodes[1] = "B\nC";
    expect_problem(with(wrong), "barcodes that it should");
    wrong = directory();
    wrong.barcodes.pop_back(), wrong.counts.pop_back();
    expect_problem(with(wrong), "block 1 makes no sense");
}

TEST_F(DamagedCache, WhatIsNotUnderstoodIsSaid) {
    auto head = head_;
    auto bytes = std::string(good_).substr(kCacheHead + head.block_bytes);
    bytes[0] = '[';
    head.directory_sha256 = sha256_of(bytes);
    expect_problem(write_cache_head(head) + good_.substr(kCacheHead, head.block_bytes) + bytes,
                   "what it says of its files cannot be understood");
}

TEST(FragmentCacheWriter, ReportsAFolderThatCannotBeWritten) {
    EXPECT_NE(
        message_of<ResourceError>([] { FragmentCacheWriter("/proc/none/x.cache", 1); }).find("/proc/none"),
        std::string::npos);
}

TEST(FragmentCacheWriter, ReportsADiskThatIsFull) {
    const TemporaryFolder folder;
    FragmentCacheWriter writer(folder / "x.cache", 1);
    EXPECT_NE(message_of<ResourceError>([&] {
                  writer.write("/dev/full", {}, {});
              }).find("/dev/full: writing failed"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
