#include "io/temporary_file.hpp"

#include <cstdlib>

#include "core/error.hpp"

namespace epi {

std::filesystem::path temporary_folder() {
    std::error_code error;
    auto folder = std::filesystem::temp_directory_path(error);
    if (!error) return folder;
    const char* named = std::getenv("TMPDIR");
    return named == nullptr ? "/tmp" : named;
}

std::uint64_t TemporaryFile::append(const void* data, std::size_t bytes) {
    if (!file_)
        file_.emplace(temporary_folder(),
                      "free space there, name another folder with TMPDIR, or give more --memory");
    return file_->append({static_cast<const char*>(data), bytes});
}

void TemporaryFile::read(std::uint64_t offset, void* data, std::size_t bytes) const {
    check(offset + bytes <= size(), "a temporary file is read where it was written");
    if (file_) file_->read(offset, {static_cast<char*>(data), bytes});
}

}  // namespace epi
