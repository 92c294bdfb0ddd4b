#include "io/text_chunks.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <span>
#include <tuple>
#include <utility>

#include "core/error.hpp"
#include "io/byte_source.hpp"
#include "io/checksum.hpp"
#include "io/deflate_decoder.hpp"
#include "io/random_file.hpp"

namespace epi {

void RawBuffer::reserve(std::size_t size, std::size_t keep) {
    if (size <= size_) return;
    auto larger = std::make_unique_for_overwrite<char[]>(size);
    if (keep > 0) std::memcpy(larger.get(), data_.get(), keep);
    data_ = std::move(larger);
    size_ = size;
}

namespace {

constexpr const char* kCopyAgain = "copy or download it again";
constexpr std::size_t kLineStart = 256;
// Pieces have a multiple of so many blocks, as they are unpacked together.
constexpr std::size_t kBlocksTogether = DeflateDecoder::kTogether;

// A line belongs to the piece in which it starts; a piece goes on into the blocks behind it until its last
// line is whole. The line that starts with a piece (or goes on in it) is the last of the piece before.
class BgzfChunks final : public TextChunks {
  public:
    BgzfChunks(std::unique_ptr<RandomFile> file, const TextChunkOptions& options)
        : file_(std::move(file)),
          options_(options),
          expected_(options.bytes + (kBlocksTogether + 1) * kBgzfBlock) {
        const auto end = bgzf_end();
        truncated_ = file_->size() < end.size() || file_->read(file_->size() - end.size(), end.size()) != end;
        if (truncated_ && !options_.allow_truncated)
            throw InputError(name(), "the marker of its end is missing: the file is truncated",
                             std::string(kCopyAgain) + ", or take what is whole with --allow-truncated");
    }

    bool next(TextChunk& chunk) override {
        std::size_t offset = 0, end = 0;
        {
            const std::lock_guard lock(mutex_);
            chunk.number = next_number_;
            if (offset_ >= file_->size()) return false;
            ++next_number_;
            offset = offset_;
            end = claim(chunk);
        }
        unpack(chunk, offset, end);
        return true;
    }
    const std::string& name() const override { return file_->name(); }
    bool compressed() const override { return true; }
    std::size_t position() const override { return offset_; }
    bool truncated() const override { return truncated_; }
    std::string checksum() const override { return checksum_; }

  private:
    // The size of the block at `at` of `bytes`, which lie at `offset` of the file; 0 where the file ends.
    std::size_t block_size(std::string_view bytes, std::size_t at, std::size_t offset) const {
        const auto size = bgzf_block_size(bytes.substr(at));
        if (!size && bytes.substr(at, 2) == "\x1f\x8b") throw MixedGzipError();
        if (!size) throw_corrupt(offset + at);
        if (*size == 0 || at + *size > bytes.size()) {
            check(offset + bytes.size() >= file_->size(), "enough bytes were read for a block");
            return 0;
        }
        return *size;
    }

    // Whether a whole block lies at `at`; true as well where there is something else.
    static bool holds_block(std::string_view bytes, std::size_t at) {
        const auto size = bgzf_block_size(bytes.substr(at));
        return !size || (*size > 0 && at + *size <= bytes.size());
    }

    // Reads `n` bytes more, or fewer where the file ends.
    std::string_view read_more(TextChunk& chunk, std::size_t n) const {
        auto& size = chunk.packed_size;
        chunk.packed.reserve(size + n, size);
        size += file_->read(offset_ + size, chunk.packed.data() + size, n);
        return {chunk.packed.data(), size};
    }

    // Reads what follows offset_ and moves on behind the blocks that the piece takes; returns how many bytes
    // these have.
    std::size_t claim(TextChunk& chunk) {
        chunk.packed_size = 0;
        auto bytes = read_more(chunk, expected_);
        std::size_t at = 0, largest = 0;
        for (std::size_t n = 0; at < options_.bytes || n % kBlocksTogether != 0; ++n) {
            if (!holds_block(bytes, at)) bytes = read_more(chunk, kBgzfBlock);
            if (at == bytes.size()) break;
            const auto size = block_size(bytes, at, offset_);
            if (size == 0) {  // the rest of the file is no whole block
                offset_ = file_->size();
                add_to_checksum(bytes);
                if (!truncated_)
                    throw InputError(name(), "the compressed data is corrupt near its end", kCopyAgain);
                return at;
            }
            at += size;
            largest = std::max(largest, size);
        }
        offset_ += at;
        add_to_checksum(bytes.substr(0, at));
        expected_ = at + at / 16 + largest;
        return at;
    }

    // What has been claimed last: claims follow the file.
    void add_to_checksum(std::string_view bytes) {
        if (!options_.checksum) return;
        hash_.update(bytes);
        if (offset_ == file_->size()) checksum_ = hash_.hex();
    }

    [[noreturn]] void throw_corrupt(std::size_t offset) const {
        throw InputError(name(), "the compressed data is corrupt near byte " + std::to_string(offset),
                         kCopyAgain);
    }

    // Writes the texts of the first blocks in `bytes`, those that begin before `own`, and returns their
    // length and where the next begins.
    std::pair<std::size_t, std::size_t> inflate_own(TextChunk& chunk, std::string_view bytes, std::size_t own,
                                                    std::size_t offset) const {
        auto& blocks = chunk.blocks;
        blocks.clear();
        std::size_t at = 0, size = 0, last = 0;
        while (at < own) {
            blocks.push_back(bytes.substr(at, block_size(bytes, at, offset)));
            at += blocks.back().size();
            last = bgzf_text_size(blocks.back());
            if (last > kBgzfBlock) break;
            size += last;
        }
        const bool too_long = last > kBgzfBlock;
        const std::span wanted(blocks.data(), blocks.size() - (too_long ? 1 : 0));
        chunk.text.reserve(size + kBgzfBlock);
        const auto n = chunk.inflater->inflate_all(wanted, chunk.text.data());
        if (n < blocks.size())
            throw_corrupt(offset + static_cast<std::size_t>(blocks[n].data() - bytes.data()));
        return {size, at};
    }

    // Appends the text of the block.
    void inflate(TextChunk& chunk, std::string_view block, std::size_t& text_size, std::size_t offset) const {
        if (text_size + kBgzfBlock > chunk.text.size())
            chunk.text.reserve(2 * (text_size + kBgzfBlock), text_size);
        const auto size = chunk.inflater->inflate(block, chunk.text.data() + text_size);
        if (!size) throw_corrupt(offset);
        text_size += *size;
    }

    void unpack(TextChunk& chunk, std::size_t offset, std::size_t own) const {
        if (!chunk.inflater) chunk.inflater.emplace();
        std::string_view bytes(chunk.packed.data(), chunk.packed_size);
        std::size_t at = 0, size = 0;
        std::tie(size, at) = inflate_own(chunk, bytes, own, offset);
        chunk.line_too_long = false;
        chunk.lines = {};
        const auto find = [&](std::size_t from) {
            const void* found = std::memchr(chunk.text.data() + from, '\n', size - from);
            return found == nullptr
                       ? size
                       : static_cast<std::size_t>(static_cast<const char*>(found) - chunk.text.data());
        };
        const auto begin = chunk.number == 0 ? 0 : std::min(find(0) + 1, size + 1);
        if (begin > size || size == 0) return;
        const auto own_text = size;
        auto end = size;
        for (std::string more;;) {  // the last line goes on in the blocks behind
            const auto searched = end;
            if ((end = find(searched)) < size) break;
            if (size - own_text > kLongestLine) return leave_out_last_line(chunk, begin, own_text);
            if (at == bytes.size() || bgzf_block_size(bytes.substr(at)).value_or(0) + at > bytes.size() ||
                bgzf_block_size(bytes.substr(at)) == 0) {
                offset += at;
                more = file_->read(offset, 2 * kBgzfBlock);
                bytes = more;
                at = 0;
            }
            const auto block = at == bytes.size() ? 0 : block_size(bytes, at, offset);
            if (block == 0) return finish_at_end(chunk, begin, size);
            if (size == own_text) {  // most lines end soon; the piece behind checks the block
                chunk.text.reserve(size + kLineStart, size);
                const auto n = chunk.inflater->inflate_start(bytes.substr(at, block),
                                                             chunk.text.data() + size, kLineStart);
                if (const void* found = std::memchr(chunk.text.data() + size, '\n', n); found != nullptr) {
                    end = static_cast<std::size_t>(static_cast<const char*>(found) - chunk.text.data());
                    break;
                }
            }
            inflate(chunk, bytes.substr(at, block), size, offset + at);
            at += block;
        }
        chunk.lines = std::string_view(chunk.text.data() + begin, end + 1 - begin);
    }

    // The file ends with the piece's text; of a truncated one the last line may not be whole.
    void finish_at_end(TextChunk& chunk, std::size_t begin, std::size_t size) const {
        std::string_view lines(chunk.text.data() + begin, size - begin);
        if (truncated_) lines = lines.substr(0, lines.rfind('\n') + 1);
        chunk.lines = lines;
    }

    static void leave_out_last_line(TextChunk& chunk, std::size_t begin, std::size_t own_text) {
        std::string_view lines(chunk.text.data() + begin, own_text - begin);
        chunk.lines = lines.substr(0, lines.rfind('\n') + 1);
        chunk.line_too_long = true;
    }

    std::unique_ptr<RandomFile> file_;
    TextChunkOptions options_;
    std::mutex mutex_;
    std::atomic<std::size_t> offset_ = 0;
    std::size_t next_number_ = 0;
    // What the next piece takes, about, and the block behind it, into which its last line goes on.
    std::size_t expected_;
    bool truncated_ = false;
    Xxh3 hash_;
    std::string checksum_;
};

// Everything else: unpacked in order.
class StreamChunks final : public TextChunks {
  public:
    StreamChunks(std::unique_ptr<ByteSource> source, const TextChunkOptions& options)
        : source_(std::move(source)), bytes_(options.bytes * (source_->compressed() ? 3 : 2)) {}

    bool next(TextChunk& chunk) override {
        const std::lock_guard lock(mutex_);
        chunk.number = next_number_;
        chunk.line_too_long = false;
        auto limit = std::max(bytes_, rest_.size() + 1);
        chunk.text.reserve(limit);
        std::memcpy(chunk.text.data(), rest_.data(), rest_.size());
        std::size_t size = rest_.size(), searched = 0;
        rest_.clear();
        for (;;) {
            const auto got = source_->read({chunk.text.data() + size, limit - size});
            size += got;
            position_ = source_->position();
            if (skipping_) size = skip_line(chunk, size);
            if (got == 0) break;  // the last line may lack its end
            const auto last = std::string_view(chunk.text.data() + searched, size - searched).rfind('\n');
            if (last != std::string_view::npos && size >= bytes_) {
                keep_rest(chunk, searched + last + 1, size);
                size = searched + last + 1;
                break;
            }
            if (last == std::string_view::npos && size > kLongestLine) {
                chunk.line_too_long = skipping_ = true;
                size = 0;
                break;
            }
            if (last == std::string_view::npos) searched = size;
            if (size == limit) chunk.text.reserve(limit = std::min(2 * limit, kLongestLine + 1), size);
        }
        chunk.lines = std::string_view(chunk.text.data(), size);
        if (size == 0 && !chunk.line_too_long) return false;
        ++next_number_;
        return true;
    }
    const std::string& name() const override { return source_->name(); }
    bool compressed() const override { return source_->compressed(); }
    std::size_t position() const override { return position_; }

  private:
    void keep_rest(TextChunk& chunk, std::size_t from, std::size_t size) {
        rest_.assign(chunk.text.data() + from, size - from);
    }
    // Drops what belongs to a line that was left out.
    std::size_t skip_line(TextChunk& chunk, std::size_t size) {
        const void* found = std::memchr(chunk.text.data(), '\n', size);
        if (found == nullptr) return 0;
        skipping_ = false;
        const auto from = static_cast<std::size_t>(static_cast<const char*>(found) - chunk.text.data()) + 1;
        std::memmove(chunk.text.data(), chunk.text.data() + from, size - from);
        return size - from;
    }

    std::unique_ptr<ByteSource> source_;
    std::size_t bytes_;
    std::mutex mutex_;
    std::string rest_;
    bool skipping_ = false;
    std::size_t next_number_ = 0;
    std::atomic<std::size_t> position_ = 0;
};

}  // namespace

std::unique_ptr<TextChunks> open_chunks(const std::filesystem::path& path, const TextChunkOptions& options) {
    if (path != "-" && !options.one_stream) {
        auto file = std::make_unique<RandomFile>(path);
        const auto head = file->size() > 0 ? file->read(0, kBgzfBlock) : std::string();
        if (!head.empty() && bgzf_block_size(head).value_or(0) > 0)
            return std::make_unique<BgzfChunks>(std::move(file), options);
    }
    return std::make_unique<StreamChunks>(open_bytes(path), options);
}

}  // namespace epi
