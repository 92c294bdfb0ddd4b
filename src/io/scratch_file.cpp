#include "io/scratch_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/error.hpp"

namespace epi {

ScratchFile::ScratchFile(const std::filesystem::path& folder, std::string remedy)
    : folder_(folder.empty() ? "." : folder.string()), remedy_(std::move(remedy)) {
    auto name = (std::filesystem::path(folder_) / ".epifoundry-XXXXXX").string();
    fd_ = ::mkstemp(name.data());
    if (fd_ < 0) fail("making");
    ::unlink(name.c_str());
}

ScratchFile::~ScratchFile() {
    if (fd_ >= 0) ::close(fd_);
}

void ScratchFile::fail(const char* what) const {
    throw ResourceError(folder_, std::string(what) + " a temporary file failed: " + std::strerror(errno),
                        remedy_);
}

std::uint64_t ScratchFile::append(std::string_view bytes) {
    const auto offset = size_.fetch_add(bytes.size());
    for (std::size_t done = 0; done < bytes.size();) {
        const auto n =
            ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (n < 0 && errno != EINTR) fail("writing");
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    return offset;
}

void ScratchFile::read(std::uint64_t offset, std::span<char> to) const {
    for (std::size_t done = 0; done < to.size();) {
        const auto n = ::pread(fd_, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
        if ((n < 0 && errno != EINTR) || n == 0) fail("reading");
        if (n > 0) done += static_cast<std::size_t>(n);
    }
}

}  // namespace epi
