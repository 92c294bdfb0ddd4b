#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/bgzf_blocks.hpp"

namespace epi {

// Memory that is not set to zero first.
class RawBuffer {
  public:
    char* data() { return data_.get(); }
    std::size_t size() const { return size_; }
    // At least so large; the first `keep` bytes stay.
    void reserve(std::size_t size, std::size_t keep = 0);

  private:
    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
};

// A longer line is taken for a sign that this is no text.
inline constexpr std::size_t kLongestLine = 16U << 20;

// Some lines of a text file. Belongs to one thread, which uses it again and again.
struct TextChunk {
    std::size_t number = 0;      // 0, 1, ... along the file
    std::string_view lines;      // whole lines; at the end of the file the last may lack its line end
    bool line_too_long = false;  // behind `lines` comes a line longer than kLongestLine, which is left out

    RawBuffer packed, text;
    std::size_t packed_size = 0;
    std::vector<std::string_view> blocks;  // of `packed`
    std::optional<BgzfInflater> inflater;
};

struct TextChunkOptions {
    bool allow_truncated = false;    // keep the whole lines of a bgzip file whose end is missing
    bool one_stream = false;         // also of bgzip: unpack front to back, as any gzip file
    bool checksum = false;           // checksum() will be asked for
    std::size_t bytes = 144U << 10;  // of the file in one chunk, about: its text stays in the L2 cache
};

// A bgzip file that goes on as plain gzip: can be read with `one_stream` only.
class MixedGzipError : public std::exception {};

// The lines of a text file in pieces, for several threads. A bgzip file is unpacked by the threads that take
// the pieces, block by block; anything else (gzip, text, a pipe, "-" for standard input) is unpacked while a
// piece is taken, by one thread at a time. The pieces are the same for any number of threads.
class TextChunks {
  public:
    virtual ~TextChunks() = default;
    // The next piece; false at the end (`number` is how many there were then). Safe to call from several
    // threads. Sets `number` before anything can fail. InputError: truncated or corrupt data.
    virtual bool next(TextChunk& chunk) = 0;
    virtual const std::string& name() const = 0;
    virtual bool compressed() const = 0;
    // Bytes of the file taken so far.
    virtual std::size_t position() const = 0;
    // The end of the file was missing (with allow_truncated).
    virtual bool truncated() const { return false; }
    // XXH3 of the file, once it has been read to its end, with `checksum`; "" where that would take another
    // look.
    virtual std::string checksum() const { return {}; }
};

std::unique_ptr<TextChunks> open_chunks(const std::filesystem::path& path,
                                        const TextChunkOptions& options = {});

}  // namespace epi
