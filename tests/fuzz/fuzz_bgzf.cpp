// The reader of packed text. As it comes: any bytes give text or an InputError. As blocks that are whole up
// to some byte: what is read of them is the beginning of the text.
#include "core/error.hpp"
#include "fuzz/memory_file.hpp"
#include "io/bgzf_blocks.hpp"
#include "io/text_chunks.hpp"

namespace {

using namespace epi;

std::string read_all(const std::filesystem::path& path, const TextChunkOptions& options) {
    const auto chunks = open_chunks(path, options);
    std::string text;
    TextChunk chunk;
    while (chunks->next(chunk)) {
        text += chunk.lines;
        if (chunk.line_too_long) break;
    }
    return text;
}

void read_bytes(std::string_view bytes, bool allow_truncated, bool one_stream) {
    const fuzz::MemoryFile file(bytes);
    TextChunkOptions options;
    options.allow_truncated = allow_truncated;
    options.one_stream = one_stream;
    options.bytes = 1 + bytes.size() / 3;
    try {
        read_all(file.path(), options);
    } catch (const InputError&) {
    } catch (const MixedGzipError&) {
        fuzz::require(!one_stream);
    }
}

void read_cut_blocks(std::string_view text, std::size_t block, std::size_t cut) {
    std::string packed;
    for (std::size_t at = 0; at < text.size(); at += block) packed += bgzf_compress(text.substr(at, block));
    packed += bgzf_end();
    const bool whole = cut >= packed.size();
    packed.resize(std::min(cut, packed.size()));
    const fuzz::MemoryFile file(packed);
    TextChunkOptions options;
    options.allow_truncated = true;
    options.bytes = 1 + packed.size() / 3;
    try {
        const auto found = read_all(file.path(), options);
        fuzz::require(text.starts_with(found) && (!whole || found == text));
    } catch (const InputError&) {
        fuzz::require(!whole);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const auto text = fuzz::text_of(data + 3, size - 3);
    if ((data[0] & 1) != 0)
        read_bytes(text, (data[0] & 2) != 0, (data[0] & 4) != 0);
    else
        read_cut_blocks(text, 1 + data[1], data[2] == 255 ? SIZE_MAX : std::size_t{data[2]} * 4);
    return 0;
}
