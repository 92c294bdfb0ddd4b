#pragma once
#include <filesystem>

namespace epi {

// Throws UsageError if something is at `path` already and `force` is false. Call it before any work is done.
void refuse_existing(const std::filesystem::path& path, bool force);

// Returns when the disk has what was written to this open file. A disk may say only now that it has no place
// for what it took: ResourceError, once. `name` is for messages.
void sync_file(int fd, const std::filesystem::path& name);

// A file that appears under its name only when whole: write to temporary_path() (same folder), then commit().
// Without commit (an exception, an interrupt) the temporary file is removed. Parent folders are made.
// UsageError if `path` exists and `force` is false; ResourceError if the folder cannot be written.
class AtomicFile {
  public:
    AtomicFile(std::filesystem::path path, bool force);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    const std::filesystem::path& temporary_path() const { return temporary_; }
    const std::filesystem::path& path() const { return path_; }
    // Returns when the disk has it. ResourceError: it has not, or the name cannot be given.
    void commit();

  private:
    std::filesystem::path path_, temporary_;
    bool committed_ = false;
};

// A folder that appears under its name only when whole: fill temporary_path(), then commit(). With `force` an
// existing folder is replaced at commit, not before.
class AtomicFolder {
  public:
    AtomicFolder(std::filesystem::path path, bool force);
    ~AtomicFolder();
    AtomicFolder(const AtomicFolder&) = delete;
    AtomicFolder& operator=(const AtomicFolder&) = delete;

    const std::filesystem::path& temporary_path() const { return temporary_; }
    std::filesystem::path operator/(const std::filesystem::path& name) const { return temporary_ / name; }
    void commit();  // as that of a file

  private:
    std::filesystem::path path_, temporary_;
    bool committed_ = false;
};

// Writes `content` to `path` atomically.
void write_file(const std::filesystem::path& path, std::string_view content, bool force);

}  // namespace epi
