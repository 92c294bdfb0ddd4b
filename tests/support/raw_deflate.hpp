#pragma once
#include <zlib.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace epi::test {

// The text as raw DEFLATE data, packed by zlib: `level` 0 to 9, `strategy` Z_DEFAULT_STRATEGY, Z_FIXED, ...
inline std::string raw_deflate(std::string_view text, int level = 6, int strategy = Z_DEFAULT_STRATEGY) {
    z_stream stream{};
    if (deflateInit2(&stream, level, Z_DEFLATED, -15, 9, strategy) != Z_OK)
        throw std::runtime_error("zlib does not start");
    std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int code = deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    if (code != Z_STREAM_END) throw std::runtime_error("zlib does not end");
    return packed;
}

// What zlib makes of it; nothing if it is not whole, or its text has not `size` bytes.
inline std::optional<std::string> raw_inflate(std::string_view packed, std::size_t size) {
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) throw std::runtime_error("zlib does not start");
    std::string text(size + 1, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const int code = inflate(&stream, Z_FINISH);
    const bool good = code == Z_STREAM_END && stream.total_out == size;
    inflateEnd(&stream);
    text.resize(size);
    return good ? std::optional(text) : std::nullopt;
}

}  // namespace epi::test
