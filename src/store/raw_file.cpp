#include "store/raw_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.hpp"

namespace epi {

RawFile::RawFile(const std::filesystem::path& path, std::string name)
    : name_(std::move(name)), fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0) fail("cannot be written");
}

RawFile RawFile::scratch(const std::filesystem::path& folder) {
    auto name = (folder / ".epifoundry-XXXXXX").string();
    const int fd = ::mkostemp(name.data(), O_CLOEXEC);
    RawFile file(fd, folder.string());
    if (fd < 0) file.fail("a temporary file cannot be made in it");
    ::unlink(name.c_str());
    return file;
}

RawFile::RawFile(RawFile&& other) noexcept
    : name_(std::move(other.name_)), fd_(std::exchange(other.fd_, -1)) {}

RawFile::~RawFile() {
    if (fd_ >= 0) ::close(fd_);
}

void RawFile::fail(const std::string& what) const {
    throw ResourceError(name_, what + ": " + std::strerror(errno),
                        "check the space on the disk and the permissions of the folder");
}

void RawFile::write(const void* bytes, std::size_t count, std::uint64_t offset) const {
    const auto* at = static_cast<const char*>(bytes);
    while (count > 0) {
        const auto done = ::pwrite(fd_, at, count, static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) fail("cannot be written");
        at += done;
        offset += static_cast<std::uint64_t>(done);
        count -= static_cast<std::size_t>(done);
    }
}

void RawFile::read(void* bytes, std::size_t count, std::uint64_t offset) const {
    auto* at = static_cast<char*>(bytes);
    while (count > 0) {
        const auto done = ::pread(fd_, at, count, static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) fail("cannot be read again");
        at += done;
        offset += static_cast<std::uint64_t>(done);
        count -= static_cast<std::size_t>(done);
    }
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

}  // namespace epi
