// The decoder of DEFLATE data. As it comes: what it takes for good has the text that zlib finds. Packed by
// zlib: the text comes back.
#include <memory>
#include <vector>

#include "fuzz/memory_file.hpp"
#include "io/deflate_decoder.hpp"
#include "support/raw_deflate.hpp"

namespace {

using namespace epi;

// In memory of exactly its size.
std::optional<std::string> unpack(std::string_view packed, std::size_t size, std::size_t times) {
    const auto bytes = std::make_unique<char[]>(packed.size() + 8);
    std::copy(packed.begin(), packed.end(), bytes.get());
    std::vector<std::unique_ptr<char[]>> texts;
    std::vector<DeflateStream> streams;
    for (std::size_t i = 0; i < times; ++i) {
        texts.push_back(std::make_unique<char[]>(size));
        streams.push_back({{bytes.get(), packed.size()}, {texts.back().get(), size}});
    }
    DeflateDecoder().unpack(streams);
    for (const auto& stream : streams) {
        fuzz::require(stream.good == streams[0].good);
        fuzz::require(!stream.good || std::equal(stream.text.begin(), stream.text.end(), texts[0].get()));
    }
    if (!streams[0].good) return std::nullopt;
    return std::string(texts[0].get(), size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const auto content = fuzz::text_of(data + 4, size - 4);
    const std::size_t length = data[1] | std::size_t{data[2]} << 8, times = 1 + data[3] % 5;
    if ((data[0] & 1) != 0) {
        const auto found = unpack(content, length, times);
        fuzz::require(!found || found == test::raw_inflate(content, length));
        return 0;
    }
    const auto packed = test::raw_deflate(content, data[1] % 10, data[2] % 5);
    fuzz::require(unpack(packed, content.size(), times) == std::string(content));
    return 0;
}
