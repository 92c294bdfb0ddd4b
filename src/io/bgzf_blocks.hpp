#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/deflate_decoder.hpp"

namespace epi {

// The text as complete BGZF blocks, without the marker of the file's end. Blocks of several texts can be made
// on several threads and put one after the other; end the file with bgzf_end(). The same bytes for the same
// text and level (1: quickest, 6: as small as bgzip, 12).
std::string bgzf_compress(std::string_view text, int level = 4);

// The empty block that ends every BGZF file.
std::string_view bgzf_end();

// No block is larger, packed or unpacked.
inline constexpr std::size_t kBgzfBlock = 1U << 16;

// Size of the BGZF block whose first bytes are given; 0 if these are too few to tell. Nothing: it is no such
// block.
std::optional<std::size_t> bgzf_block_size(std::string_view bytes);

// Length of the text of a whole block, as its end says.
std::size_t bgzf_text_size(std::string_view block);

// Unpacks blocks.
class BgzfInflater {
  public:
    BgzfInflater();
    ~BgzfInflater();
    // Writes the text of a whole block, at most kBgzfBlock bytes, to `text` and returns its length. Nothing:
    // the data, the checksum or the length is wrong.
    std::optional<std::size_t> inflate(std::string_view block, char* text);
    // Writes the texts of whole blocks, none longer than kBgzfBlock, one behind the other, and returns how
    // many it wrote: all, or those in front of the first that is wrong.
    std::size_t inflate_all(std::span<const std::string_view> blocks, char* text);
    // Writes no more than the first `n` bytes of the text, and returns how many; the checksum is not looked
    // at. 0 where the data is wrong.
    std::size_t inflate_start(std::string_view block, char* text, std::size_t n);

  private:
    struct Stream;
    struct Deleter {
        void operator()(void* decompressor) const;
    };
    std::unique_ptr<void, Deleter> decompressor_;
    DeflateDecoder decoder_;
    std::vector<DeflateStream> streams_;  // of inflate_all
    std::unique_ptr<Stream> stream_;      // of inflate_start
};

}  // namespace epi
