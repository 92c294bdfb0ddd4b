#include "store/raw_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.hpp"
#include "io/atomic_output.hpp"

namespace epi {

RawFile::RawFile(const std::filesystem::path& path, std::string name, bool direct)
    : name_(std::move(name)), fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0) fail("cannot be written");
    if (direct) direct_fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_DIRECT);  // not everywhere
}

RawFile::~RawFile() {
    ::close(fd_);
    if (direct_fd_ >= 0) ::close(direct_fd_);
}

void RawFile::fail(const std::string& what) const {
    throw ResourceError(name_, what + ": " + std::strerror(errno),
                        "check the space on the disk and the permissions of the folder");
}

bool RawFile::write_to(int fd, const void* bytes, std::size_t count, std::uint64_t offset) const {
    const auto* at = static_cast<const char*>(bytes);
    while (count > 0) {
        const auto done = ::pwrite(fd, at, count, static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done < 0 && errno == EINVAL && fd == direct_fd_) return false;
        if (done <= 0) fail("cannot be written");
        at += done;
        offset += static_cast<std::uint64_t>(done);
        count -= static_cast<std::size_t>(done);
    }
    return true;
}

void RawFile::write(const void* bytes, std::size_t count, std::uint64_t offset) const {
    write_to(fd_, bytes, count, offset);
}

void RawFile::write_pages(const void* bytes, std::size_t count, std::uint64_t offset) const {
    if (direct_fd_ < 0 || !write_to(direct_fd_, bytes, count, offset)) write(bytes, count, offset);
}

void RawFile::allocate(std::uint64_t offset, std::uint64_t count) const {
    if (count == 0) return;
    const int error =
        ::fallocate(fd_, 0, static_cast<off_t>(offset), static_cast<off_t>(count)) == 0 ? 0 : errno;
    if (error == ENOSPC || error == EDQUOT || error == EFBIG) fail("cannot be written");  // others: try it
}

void RawFile::start_writing(std::uint64_t offset, std::uint64_t count) const {
    ::sync_file_range(fd_, static_cast<off_t>(offset), static_cast<off_t>(count), SYNC_FILE_RANGE_WRITE);
}

void RawFile::sync() const {
    sync_file(fd_, name_);
}

}  // namespace epi
