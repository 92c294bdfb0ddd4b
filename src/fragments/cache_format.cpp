#include "fragments/cache_format.hpp"

#include <array>
#include <cstring>
#include <type_traits>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/bgzf_blocks.hpp"
#include "io/byte_source.hpp"
#include "io/checksum.hpp"

namespace epi {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kMakeAgain = "make it again with 'count --cache'";
constexpr std::size_t kSha = 64, kLongestCachedName = 17U << 20;

// Of the head: magic, version, checksum of the rest, six sizes, SHA-256 in hexadecimal digits.
constexpr std::size_t kVersionAt = 8, kCrcAt = 12, kSizesAt = 16, kShaAt = 64;

template <class Number>
void put(std::string& bytes, std::size_t at, Number number) {
    std::memcpy(bytes.data() + at, &number, sizeof number);
}

template <class Number>
Number get(std::string_view bytes, std::size_t at) {
    Number number;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

template <class Record>
std::string bytes_of_all(const std::vector<Record>& records) {
    static_assert(std::is_trivially_copyable_v<Record>);
    return {reinterpret_cast<const char*>(records.data()), records.size() * sizeof(Record)};
}

template <class Record>
std::vector<Record> records_of(std::string_view bytes) {
    std::vector<Record> records(bytes.size() / sizeof(Record));
    if (!records.empty()) std::memcpy(records.data(), bytes.data(), bytes.size());
    return records;
}

static_assert(sizeof(CachedBlock) == kBlockEntry);

Json json_of(const CachedFile& file) {
    const auto& summary = file.summary;
    return {{"name", summary.name},
            {"fragments", summary.fragments},
            {"compressed", summary.compressed},
            {"truncated", summary.truncated},
            {"first_unsorted_line", summary.first_unsorted_line},
            {"contigs", file.contigs.size()}};
}

CachedFile file_of(const Json& json, std::uint64_t most) {
    CachedFile file;
    file.summary.name = json.at("name").get<std::string>();
    file.summary.fragments = json.at("fragments").get<std::int64_t>();
    file.summary.compressed = json.at("compressed").get<bool>();
    file.summary.truncated = json.at("truncated").get<bool>();
    file.summary.first_unsorted_line = json.at("first_unsorted_line").get<long long>();
    const auto contigs = json.at("contigs").get<std::uint32_t>();
    if (contigs <= most) file.contigs.resize(contigs);
    return file;
}

// A file has no more contigs than blocks.
void read_about(std::string_view text, std::uint64_t most, CacheDirectory& directory,
                const std::string& place) {
    try {
        const auto json = Json::parse(text);
        for (const auto& file : json.at("files")) directory.files.push_back(file_of(file, most));
        for (const auto& [problem, lines] : json.at("skipped_lines").items())
            directory.skipped.emplace_back(problem, lines.get<std::int64_t>());
        directory.sources = json.at("sources");
    } catch (const Json::exception&) {
        throw_damaged_cache(place, "what it says of its files cannot be understood");
    }
}

void read_names(std::string_view packed, CacheDirectory& directory, const CacheHead& head,
                const std::string& place) {
    const auto source = bytes_of(packed, place);
    const auto problem = "it does not hold the " + with_commas(static_cast<std::int64_t>(head.barcodes)) +
                         " barcodes that it should";
    std::string rest;
    std::vector<char> buffer(1U << 20);
    std::vector<std::string*> contigs;
    for (auto& file : directory.files)
        for (auto& contig : file.contigs) contigs.push_back(&contig);
    std::size_t lines = 0;
    while (const auto got = source->read(buffer)) {
        std::string_view text(buffer.data(), got);
        for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
            rest += text.substr(0, end);
            if (lines < contigs.size())
                *contigs[lines] = rest;
            else
                directory.barcodes.push_back(rest);
            ++lines;
            rest.clear();
            text.remove_prefix(end + 1);
        }
        rest += text;
        if (directory.barcodes.size() > head.barcodes || rest.size() > kLongestCachedName) break;
    }
    if (lines != contigs.size() + head.barcodes || !rest.empty()) throw_damaged_cache(place, problem);
}

void check_blocks(const CacheDirectory& directory, const CacheHead& head, const std::string& place) {
    std::uint64_t rows = 0, bytes = 0, contigs = 0, fragments = 0;
    std::uint32_t last = 0;
    for (const auto& file : directory.files) {
        contigs += file.contigs.size();
        fragments += static_cast<std::uint64_t>(file.summary.fragments);
    }
    bool good = true;
    for (const auto& block : directory.blocks) {
        rows += block.rows;
        bytes += block.bytes;
        good = good && block.contig >= last && block.contig < contigs && block.rows > 0;
        last = block.contig;
    }
    if (!good || rows != head.rows || bytes != head.block_bytes || fragments != head.rows)
        throw_damaged_cache(place, "its index does not fit its fragments");
}

}  // namespace

void throw_damaged_cache(const std::string& place, const std::string& problem) {
    throw InputError(place, "the fragment cache is damaged: " + problem, kMakeAgain);
}

std::string write_cache_head(const CacheHead& head) {
    check(head.directory_sha256.size() == kSha, "the checksum of the cache's directory is known");
    std::string bytes(kCacheHead, '\0');
    bytes.replace(0, kCacheMagic.size(), kCacheMagic);
    put(bytes, kVersionAt, kCacheVersion);
    const std::array sizes{head.rows,        head.barcodes,    head.blocks,
                           head.block_bytes, head.about_bytes, head.name_bytes};
    std::memcpy(bytes.data() + kSizesAt, sizes.data(), sizeof sizes);
    bytes.replace(kShaAt, kSha, head.directory_sha256);
    put(bytes, kCrcAt, crc32_of(std::string_view(bytes).substr(kSizesAt)));
    return bytes;
}

CacheHead read_cache_head(std::string_view bytes, const std::string& place) {
    if (!bytes.starts_with(kCacheMagic))
        throw InputError(place, "is no fragment cache", "give a file that 'count --cache' has written");
    if (bytes.size() < kCacheHead) throw_damaged_cache(place, "it is truncated");
    const auto version = get<std::uint32_t>(bytes, kVersionAt);
    if (version != kCacheVersion)
        throw InputError(place,
                         "is a fragment cache of version " + std::to_string(version) + ", not " +
                             std::to_string(kCacheVersion),
                         kMakeAgain);
    if (crc32_of(bytes.substr(kSizesAt, kCacheHead - kSizesAt)) != get<std::uint32_t>(bytes, kCrcAt))
        throw_damaged_cache(place, "the checksum of its head is wrong");
    std::array<std::uint64_t, 6> sizes;
    std::memcpy(sizes.data(), bytes.data() + kSizesAt, sizeof sizes);
    for (const auto size : sizes)
        if (size > (std::uint64_t{1} << 48)) throw_damaged_cache(place, "a size in its head is impossible");
    return {
        sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], std::string(bytes.substr(kShaAt, kSha))};
}

std::string write_cache_directory(const CacheDirectory& directory, CacheHead& head) {
    Json about{{"files", Json::array()}, {"skipped_lines", Json::object()}, {"sources", directory.sources}};
    for (const auto& file : directory.files) about["files"].push_back(json_of(file));
    for (const auto& [problem, lines] : directory.skipped) about["skipped_lines"][problem] = lines;
    std::string text;
    for (const auto& file : directory.files)
        for (const auto& contig : file.contigs) text += contig + '\n';
    for (const auto& barcode : directory.barcodes) text += barcode + '\n';
    std::string bytes = about.dump(-1, ' ', false, Json::error_handler_t::replace);
    head.about_bytes = bytes.size();
    bytes += bytes_of_all(directory.counts);
    const auto names = bgzf_compress(text) + std::string(bgzf_end());
    head.name_bytes = names.size();
    bytes += names;
    bytes += bytes_of_all(directory.blocks);
    head.barcodes = directory.barcodes.size();
    head.blocks = directory.blocks.size();
    head.directory_sha256 = sha256_of(bytes);
    return bytes;
}

CacheDirectory read_cache_directory(std::string_view bytes, const CacheHead& head, const std::string& place) {
    if (bytes.size() != head.directory_bytes()) throw_damaged_cache(place, "it is truncated");
    if (sha256_of(bytes) != head.directory_sha256)
        throw_damaged_cache(place, "the checksum of its directory is wrong");
    const auto take = [&bytes](std::uint64_t n) {
        const auto part = bytes.substr(0, n);
        bytes.remove_prefix(n);
        return part;
    };
    CacheDirectory directory;
    read_about(take(head.about_bytes), head.blocks, directory, place);
    directory.counts = records_of<std::uint32_t>(take(4 * head.barcodes));
    read_names(take(head.name_bytes), directory, head, place);
    directory.blocks = records_of<CachedBlock>(bytes);
    check_blocks(directory, head, place);
    return directory;
}

}  // namespace epi
