#include "io/atomic_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "core/error.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

fs::path without_trailing_slash(fs::path path) {
    if (path.has_filename() || !path.has_parent_path()) return path;
    return path.parent_path();
}

fs::path temporary_for(const fs::path& path) {
    return path.parent_path() / ("." + path.filename().string() + ".tmp-" + std::to_string(::getpid()));
}

void make_folder(const fs::path& folder) {
    std::error_code error;
    if (!folder.empty()) fs::create_directories(folder, error);
    if (error)
        throw ResourceError(folder.string(), "the folder cannot be made: " + error.message(),
                            "choose another --output or free its place");
}

// Whether the system says that it knows no such thing as flushing this (folders, on some network disks).
bool is_unknown(int error) {
    return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

[[noreturn]] void not_kept(const fs::path& name, int error) {
    throw ResourceError(name.string(),
                        std::string("the disk does not keep what was written: ") + std::strerror(error),
                        "check the space on the disk and the disk itself");
}

// What is renamed must survive a power cut: flush the file, and the folder that names it.
void flush_to_disk(const fs::path& path, const fs::path& name) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && !is_unknown(errno)) not_kept(name, errno);
    if (fd < 0) return;
    try {
        sync_file(fd, name);
    } catch (...) {
        ::close(fd);
        throw;
    }
    ::close(fd);
}

void rename_or_throw(const fs::path& from, const fs::path& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error)
        throw ResourceError(to.string(), "the finished output cannot be put in place: " + error.message(),
                            "check the permissions of its folder");
    flush_to_disk(to.parent_path().empty() ? fs::path(".") : to.parent_path(), to);
}

}  // namespace

void sync_file(int fd, const fs::path& name) {
    int error = 0;
    do error = ::fsync(fd) == 0 ? 0 : errno;
    while (error == EINTR);
    if (error != 0 && !is_unknown(error)) not_kept(name, error);
}

void refuse_existing(const fs::path& path, bool force) {
    if (!force && fs::exists(without_trailing_slash(path)))
        throw UsageError(path.string(), "already exists", "give --force to replace it, or another --output");
}

AtomicFile::AtomicFile(fs::path path, bool force) : path_(std::move(path)), temporary_(temporary_for(path_)) {
    if (!path_.has_filename() || fs::is_directory(path_))
        throw UsageError(path_.string(), "this output is a file, not a folder",
                         "give a file name to --output");
    refuse_existing(path_, force);
    make_folder(path_.parent_path());
    const int fd = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        throw ResourceError(path_.string(), std::string("cannot be written: ") + std::strerror(errno),
                            "check the permissions of its folder and the space on the disk");
    ::close(fd);
}

AtomicFile::~AtomicFile() {
    std::error_code ignored;
    if (!committed_) fs::remove(temporary_, ignored);
}

void AtomicFile::commit() {
    flush_to_disk(temporary_, path_);
    rename_or_throw(temporary_, path_);
    committed_ = true;
}

AtomicFolder::AtomicFolder(fs::path path, bool force)
    : path_(without_trailing_slash(std::move(path))), temporary_(temporary_for(path_)) {
    refuse_existing(path_, force);
    if (fs::exists(path_) && !fs::is_directory(path_))
        throw UsageError(path_.string(), "this output is a folder, but a file has its name",
                         "give another --output");
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
    make_folder(temporary_);
}

AtomicFolder::~AtomicFolder() {
    std::error_code ignored;
    if (!committed_) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
    for (const auto& entry : fs::recursive_directory_iterator(temporary_))
        flush_to_disk(entry.path(), path_ / entry.path().lexically_relative(temporary_));
    const fs::path old = temporary_.string() + "-old";
    if (fs::exists(path_)) rename_or_throw(path_, old);
    rename_or_throw(temporary_, path_);
    committed_ = true;
    std::error_code ignored;
    fs::remove_all(old, ignored);
}

void write_file(const fs::path& path, std::string_view content, bool force) {
    AtomicFile file(path, force);
    std::ofstream stream(file.temporary_path(), std::ios::binary);
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
    stream.close();
    if (!stream) throw ResourceError(path.string(), "writing failed", "check the space on the disk");
    file.commit();
}

}  // namespace epi
