#include "io/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "core/error.hpp"

namespace epi {
namespace {

constexpr std::size_t kBlock = 1 << 18;

// A file descriptor that knows its name and position.
class PlainFile {
  public:
    explicit PlainFile(const std::filesystem::path& path)
        : PlainFile(path, path == "-" ? "standard input" : path.string()) {}
    PlainFile(const std::filesystem::path& path, std::string name) : name_(std::move(name)) {
        if (path == "-") {
            fd_ = STDIN_FILENO;
            return;
        }
        fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat info {};
        if (fd_ < 0) throw InputError(name_, std::strerror(errno), "check the path and its permissions");
        owned_ = true;
        if (::fstat(fd_, &info) != 0 || S_ISDIR(info.st_mode)) {
            ::close(fd_);
            throw InputError(name_, "this is a folder", "name a file");
        }
        size_ = static_cast<std::size_t>(info.st_size);
    }
    ~PlainFile() {
        if (owned_) ::close(fd_);
    }
    PlainFile(const PlainFile&) = delete;
    PlainFile& operator=(const PlainFile&) = delete;

    std::size_t read(std::span<char> buffer) {
        std::size_t filled = 0;
        while (filled < buffer.size()) {
            const auto got = ::read(fd_, buffer.data() + filled, buffer.size() - filled);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0)
                throw ResourceError(name_, std::string("reading failed: ") + std::strerror(errno),
                                    "try again");
            if (got == 0) break;
            filled += static_cast<std::size_t>(got);
        }
        position_ += filled;
        return filled;
    }

    const std::string& name() const { return name_; }
    std::size_t position() const { return position_; }
    std::size_t size() const { return size_; }

  private:
    std::string name_;
    int fd_ = -1;
    bool owned_ = false;
    std::size_t position_ = 0, size_ = 0;
};

class PlainSource final : public ByteSource {
  public:
    PlainSource(std::unique_ptr<PlainFile> file, std::vector<char> head)
        : file_(std::move(file)), head_(std::move(head)) {}

    std::size_t read(std::span<char> buffer) override {
        const std::size_t from_head = std::min(buffer.size(), head_.size() - head_used_);
        std::copy_n(head_.data() + head_used_, from_head, buffer.data());
        head_used_ += from_head;
        return from_head + file_->read(buffer.subspan(from_head));
    }
    const std::string& name() const override { return file_->name(); }
    std::size_t position() const override { return file_->position(); }
    std::size_t size() const override { return file_->size(); }
    bool compressed() const override { return false; }

  private:
    std::unique_ptr<PlainFile> file_;
    std::vector<char> head_;
    std::size_t head_used_ = 0;
};

// Gzip members one after the other; bgzip files are that too.
class GzipSource final : public ByteSource {
  public:
    GzipSource(std::unique_ptr<PlainFile> file, std::vector<char> head)
        : file_(std::move(file)), input_(std::move(head)) {
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(input_.size());
        if (inflateInit2(&stream_, 15 + 16) != Z_OK)
            throw ResourceError(file_->name(), "zlib could not start", "free some memory");
    }
    ~GzipSource() override { inflateEnd(&stream_); }

    std::size_t read(std::span<char> buffer) override {
        stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(buffer.size(), 1U << 30));
        const auto wanted = stream_.avail_out;
        while (stream_.avail_out > 0) {
            if (stream_.avail_in == 0 && !refill()) break;
            step();
        }
        return wanted - stream_.avail_out;
    }
    const std::string& name() const override { return file_->name(); }
    std::size_t position() const override { return file_->position() - stream_.avail_in; }
    std::size_t size() const override { return file_->size(); }
    bool compressed() const override { return true; }

  private:
    // False at a proper end of the file; an end inside a member is an error.
    bool refill() {
        input_.resize(kBlock);
        const auto got = file_->read(input_);
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(got);
        if (got == 0 && in_member_)
            throw InputError(name(), "the compressed data ends too early: the file is truncated",
                             "copy or download it again");
        return got > 0;
    }

    void step() {
        in_member_ = true;
        const int code = inflate(&stream_, Z_NO_FLUSH);
        if (code == Z_STREAM_END) {
            in_member_ = false;
            inflateReset(&stream_);
        } else if (code == Z_DATA_ERROR || code == Z_NEED_DICT) {
            throw InputError(name(), "the compressed data is corrupt near byte " + std::to_string(position()),
                             "copy or download it again");
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            throw ResourceError(name(), "decompression failed", "free some memory");
        }
    }

    std::unique_ptr<PlainFile> file_;
    std::vector<char> input_;
    z_stream stream_{};
    bool in_member_ = true;
};

// `head` is what was read of the file already.
std::unique_ptr<ByteSource> source_of(std::unique_ptr<PlainFile> file, std::vector<char> head) {
    const bool gzip = head.size() >= 2 && head[0] == '\x1f' && head[1] == '\x8b';
    if (gzip) return std::make_unique<GzipSource>(std::move(file), std::move(head));
    return std::make_unique<PlainSource>(std::move(file), std::move(head));
}

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path) {
    auto file = std::make_unique<PlainFile>(path);
    std::vector<char> head(kBlock);
    head.resize(file->read(head));
    return source_of(std::move(file), std::move(head));
}

std::unique_ptr<ByteSource> bytes_of(std::string_view content, std::string name) {
    return source_of(std::make_unique<PlainFile>("/dev/null", std::move(name)),
                     std::vector<char>(content.begin(), content.end()));
}

std::string read_all(const std::filesystem::path& path) {
    const auto source = open_bytes(path);
    std::string content;
    std::vector<char> buffer(kBlock);
    while (const auto got = source->read(buffer)) content.append(buffer.data(), got);
    return content;
}

}  // namespace epi
