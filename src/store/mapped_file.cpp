#include "store/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.hpp"

namespace epi {

MappedFile::MappedFile(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw InputError(path.string(), std::strerror(errno), "check the path and its permissions");
    struct stat status {};
    ::fstat(fd, &status);
    size_ = static_cast<std::uint64_t>(status.st_size);
    void* address = size_ > 0 ? ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0) : nullptr;
    const int error = errno;
    ::close(fd);
    if (address == MAP_FAILED)
        throw ResourceError(path.string(), std::string("cannot be mapped: ") + std::strerror(error),
                            "raise the limit of address space (ulimit -v)");
    bytes_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
    if (bytes_ != nullptr) ::munmap(const_cast<std::byte*>(bytes_), size_);
}

void MappedFile::release() const {
    if (bytes_ != nullptr) ::madvise(const_cast<std::byte*>(bytes_), size_, MADV_DONTNEED);
}

void will_need(std::span<const std::byte> bytes) {
    constexpr std::uintptr_t kPage = 4096;
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
    const auto from = begin / kPage * kPage;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the start of the page
    ::madvise(reinterpret_cast<void*>(from), begin + bytes.size() - from, MADV_WILLNEED);
}

}  // namespace epi
