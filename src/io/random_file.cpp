#include "io/random_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.hpp"

namespace epi {

RandomFile::RandomFile(const std::filesystem::path& path)
    : name_(path.string()), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    if (fd_ >= 0 && ::fstat(fd_, &info) == 0 && S_ISREG(info.st_mode))
        size_ = static_cast<std::size_t>(info.st_size);
}

RandomFile::~RandomFile() {
    if (fd_ >= 0) ::close(fd_);
}

std::size_t RandomFile::read(std::size_t offset, char* to, std::size_t n) const {
    std::size_t filled = 0;
    while (filled < n) {
        const auto got = ::pread(fd_, to + filled, n - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            throw ResourceError(name_, std::string("reading failed: ") + std::strerror(errno), "try again");
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

std::string RandomFile::read(std::size_t offset, std::size_t n) const {
    std::string bytes(n, '\0');
    bytes.resize(read(offset, bytes.data(), n));
    return bytes;
}

void RandomFile::will_need(std::size_t offset, std::size_t n) const {
    ::posix_fadvise(fd_, static_cast<off_t>(offset), static_cast<off_t>(n), POSIX_FADV_WILLNEED);
}

}  // namespace epi
