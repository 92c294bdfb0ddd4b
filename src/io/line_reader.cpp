#include "io/line_reader.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"
#include "io/text_chunks.hpp"

namespace epi {
LineReader::LineReader(const std::filesystem::path& path) : LineReader(open_bytes(path)) {}

LineReader::LineReader(std::unique_ptr<ByteSource> source) : source_(std::move(source)), buffer_(1 << 18) {}

// Moves the unfinished line to the front of the buffer and reads on behind it; false at the end of the file.
bool LineReader::refill() {
    const std::size_t unfinished = end_ - begin_;
    std::memmove(buffer_.data(), buffer_.data() + begin_, unfinished);
    begin_ = 0;
    end_ = unfinished;
    if (unfinished == buffer_.size()) {
        if (buffer_.size() >= kLongestLine)
            throw InputError(at_line(source_->name(), line_number_ + 1), "a line longer than 16 MiB",
                             "this is not a text table; check that the right file was given");
        buffer_.resize(buffer_.size() * 2);
    }
    const auto got = source_->read(std::span(buffer_).subspan(end_));
    end_ += got;
    return got > 0;
}

bool LineReader::next(std::string_view& line) {
    std::size_t searched = begin_;
    for (;;) {
        const auto* found =
            static_cast<const char*>(std::memchr(buffer_.data() + searched, '\n', end_ - searched));
        std::size_t stop;
        if (found != nullptr) {
            stop = static_cast<std::size_t>(found - buffer_.data());
        } else {
            const std::size_t pending = end_ - begin_;
            if (refill()) {
                searched = pending;
                continue;
            }
            if (begin_ == end_) return false;
            stop = end_;
        }
        line = std::string_view(buffer_.data() + begin_, stop - begin_);
        begin_ = std::min(stop + 1, end_);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        ++line_number_;
        return true;
    }
}

std::string LineReader::place() const {
    return at_line(source_->name(), line_number_);
}

}  // namespace epi
