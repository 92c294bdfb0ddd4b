#include "io/bgzf_blocks.hpp"

#include <libdeflate.h>

#include <array>
#include <cstdint>
#include <memory>

#include "core/error.hpp"

namespace epi {
namespace {

constexpr std::size_t kTextPerBlock =
    0xff00;  // what bgzip takes: fits a block even if it cannot be compressed
constexpr std::size_t kHeader = 18, kFooter = 8;
constexpr int kLevel = 4;

void put_number(char* at, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) at[i] = static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

std::string bgzf_compress(std::string_view text) {
    const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
        libdeflate_alloc_compressor(kLevel), libdeflate_free_compressor);
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
        put_number(block.data() + kHeader + packed, libdeflate_crc32(0, piece.data(), piece.size()), 4);
        put_number(block.data() + kHeader + packed + 4, static_cast<std::uint32_t>(piece.size()), 4);
        blocks.append(block.data(), size);
    }
    return blocks;
}

std::string_view bgzf_end() {
    return {"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0", 28};
}

}  // namespace epi
