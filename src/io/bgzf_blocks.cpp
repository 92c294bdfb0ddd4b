#include "io/bgzf_blocks.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <memory>

#include "core/error.hpp"
#include "io/checksum.hpp"

namespace epi {
namespace {

constexpr std::size_t kTextPerBlock =
    0xff00;  // what bgzip takes: fits a block even if it cannot be compressed
constexpr std::size_t kHeader = 18, kFooter = 8;

std::uint32_t get_number(const char* at, int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(at[i])) << (8 * i);
    return value;
}

void put_number(char* at, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) at[i] = static_cast<char>(value >> (8 * i) & 0xff);
}

// The DEFLATE data of a whole block.
std::string_view data_of(std::string_view block) {
    const std::size_t header = 12 + get_number(block.data() + 10, 2);
    return block.substr(header, block.size() - header - kFooter);
}

bool checksum_fits(std::string_view block, const char* text) {
    const auto expected = get_number(block.data() + block.size() - kFooter, 4);
    return crc32_of({text, bgzf_text_size(block)}) == expected;
}

}  // namespace

std::size_t bgzf_text_size(std::string_view block) {
    return get_number(block.data() + block.size() - 4, 4);
}

std::string bgzf_compress(std::string_view text, int level) {
    const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
        libdeflate_alloc_compressor(level), libdeflate_free_compressor);
    if (compressor == nullptr) throw ResourceError("compression", "out of memory", "use a larger machine");
    std::string blocks;
    std::array<char, 0x10000> block;
    for (std::size_t done = 0; done < text.size(); done += kTextPerBlock) {
        const auto piece = text.substr(done, kTextPerBlock);
        constexpr std::string_view kFixed("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0", 16);
        kFixed.copy(block.data(), kFixed.size());
        const auto packed =
            libdeflate_deflate_compress(compressor.get(), piece.data(), piece.size(), block.data() + kHeader,
                                        block.size() - kHeader - kFooter);
        check(packed > 0, "a piece of text fits its block");
        const auto size = kHeader + packed + kFooter;
        put_number(block.data() + 16, static_cast<std::uint32_t>(size - 1), 2);
        put_number(block.data() + kHeader + packed, crc32_of(piece), 4);
        put_number(block.data() + kHeader + packed + 4, static_cast<std::uint32_t>(piece.size()), 4);
        blocks.append(block.data(), size);
    }
    return blocks;
}

std::string_view bgzf_end() {
    return {"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0", 28};
}

std::optional<std::size_t> bgzf_block_size(std::string_view bytes) {
    constexpr std::size_t kGzipHeader = 12;
    constexpr std::string_view kMagic("\x1f\x8b\x08\x04", 4);
    if (bytes.substr(0, 4) != kMagic.substr(0, bytes.size())) return std::nullopt;
    if (bytes.size() < kGzipHeader) return 0;
    const std::size_t extra_end = kGzipHeader + get_number(bytes.data() + 10, 2);
    for (std::size_t field = kGzipHeader; field + 6 <= extra_end;) {
        if (field + 6 > bytes.size()) return 0;
        const auto length = get_number(bytes.data() + field + 2, 2);
        if (bytes[field] == 'B' && bytes[field + 1] == 'C' && length == 2) {
            const auto size = get_number(bytes.data() + field + 4, 2) + std::size_t{1};
            if (size < extra_end + kFooter) return std::nullopt;
            return size;
        }
        field += 4 + length;
    }
    return std::nullopt;
}

// libdeflate unpacks whole blocks only.
struct BgzfInflater::Stream {
    Stream() {
        if (inflateInit2(&stream, -15) != Z_OK)
            throw ResourceError("decompression", "out of memory", "use a larger machine");
    }
    ~Stream() { inflateEnd(&stream); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    z_stream stream{};
};

BgzfInflater::~BgzfInflater() = default;

BgzfInflater::BgzfInflater() : decompressor_(libdeflate_alloc_decompressor()) {
    if (decompressor_ == nullptr)
        throw ResourceError("decompression", "out of memory", "use a larger machine");
}

void BgzfInflater::Deleter::operator()(void* decompressor) const {
    libdeflate_free_decompressor(static_cast<libdeflate_decompressor*>(decompressor));
}

std::optional<std::size_t> BgzfInflater::inflate(std::string_view block, char* text) {
    const auto size = bgzf_text_size(block);
    if (size > kBgzfBlock) return std::nullopt;
    const auto packed = data_of(block);
    std::size_t written = 0;
    const auto code =
        libdeflate_deflate_decompress(static_cast<libdeflate_decompressor*>(decompressor_.get()),
                                      packed.data(), packed.size(), text, size, &written);
    if (code != LIBDEFLATE_SUCCESS || written != size || !checksum_fits(block, text)) return std::nullopt;
    return size;
}

std::size_t BgzfInflater::inflate_all(std::span<const std::string_view> blocks, char* text) {
    streams_.clear();
    for (auto* at = text; const auto block : blocks) {
        streams_.push_back({data_of(block), {at, bgzf_text_size(block)}});
        at += streams_.back().text.size();
    }
    decoder_.unpack(streams_);
    // What it does not take may still be right.
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        auto* const to = streams_[i].text.data();
        if (!(streams_[i].good && checksum_fits(blocks[i], to)) && !inflate(blocks[i], to)) return i;
    }
    return blocks.size();
}

std::size_t BgzfInflater::inflate_start(std::string_view block, char* text, std::size_t n) {
    if (!stream_) stream_ = std::make_unique<Stream>();
    auto& stream = stream_->stream;
    const std::size_t header = 12 + get_number(block.data() + 10, 2);
    if (header + kFooter > block.size()) return 0;
    inflateReset(&stream);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data() + header));
    stream.avail_in = static_cast<uInt>(block.size() - header - kFooter);
    stream.next_out = reinterpret_cast<Bytef*>(text);
    stream.avail_out = static_cast<uInt>(n);
    const int code = ::inflate(&stream, Z_SYNC_FLUSH);
    return code == Z_OK || code == Z_STREAM_END ? n - stream.avail_out : 0;
}

}  // namespace epi
