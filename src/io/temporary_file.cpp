#include "io/temporary_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "core/error.hpp"

namespace epi {
namespace {

[[noreturn]] void temporary_file_problem(const char* what) {
    const auto reason = std::string(std::strerror(errno));
    const char* folder = std::getenv("TMPDIR");
    throw ResourceError(folder == nullptr ? "/tmp" : folder,
                        std::string(what) + " a temporary file failed: " + reason,
                        "free space there, name another folder with TMPDIR, or give more --memory");
}

}  // namespace

TemporaryFile::~TemporaryFile() {
    if (file_ >= 0) ::close(file_);
}

std::uint64_t TemporaryFile::append(const void* data, std::size_t bytes) {
    if (file_ < 0) {
        std::error_code error;
        const auto folder = std::filesystem::temp_directory_path(error);
        if (error) {
            errno = error.value();
            temporary_file_problem("making");
        }
        auto name = (folder / "epifoundry-XXXXXX").string();
        file_ = ::mkstemp(name.data());
        if (file_ < 0) temporary_file_problem("making");
        ::unlink(name.c_str());
    }
    const auto* from = static_cast<const char*>(data);
    for (std::size_t done = 0; done < bytes;) {
        const auto n = ::pwrite(file_, from + done, bytes - done, static_cast<off_t>(size_ + done));
        if (n < 0 && errno != EINTR) temporary_file_problem("writing");
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    return std::exchange(size_, size_ + bytes);
}

void TemporaryFile::read(std::uint64_t offset, void* data, std::size_t bytes) const {
    check(offset + bytes <= size_, "a temporary file is read where it was written");
    auto* to = static_cast<char*>(data);
    for (std::size_t done = 0; done < bytes;) {
        const auto n = ::pread(file_, to + done, bytes - done, static_cast<off_t>(offset + done));
        if ((n < 0 && errno != EINTR) || n == 0) temporary_file_problem("reading");
        if (n > 0) done += static_cast<std::size_t>(n);
    }
}

}  // namespace epi
