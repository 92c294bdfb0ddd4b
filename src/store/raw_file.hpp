#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace epi {

// The bytes of a file that is there, written at any place. ResourceError where the disk says no. Safe to
// write to different places from several threads.
class RawFile {
  public:
    // What a disk reads and writes as a whole.
    static constexpr std::size_t kPage = 4096;

    // `name` is for messages. Not `direct`: as on a system that knows no writing past its cache.
    RawFile(const std::filesystem::path& path, std::string name, bool direct = true);
    ~RawFile();
    RawFile(const RawFile&) = delete;
    RawFile& operator=(const RawFile&) = delete;

    void write(const void* bytes, std::size_t count, std::uint64_t offset) const;
    // Whole pages from memory that starts at a page, to the disk itself where the system allows it: what goes
    // through its cache is copied once more, into pages that it has to find first.
    void write_pages(const void* bytes, std::size_t count, std::uint64_t offset) const;
    // Asks for the space of these bytes now, so that a full disk is known before the work is done.
    void allocate(std::uint64_t offset, std::uint64_t count) const;
    // Lets the disk begin with these bytes, without waiting.
    void start_writing(std::uint64_t offset, std::uint64_t count) const;
    // Returns when everything written is on the disk: sync_file().
    void sync() const;

  private:
    // False where this descriptor takes no such write.
    bool write_to(int fd, const void* bytes, std::size_t count, std::uint64_t offset) const;
    [[noreturn]] void fail(const std::string& what) const;

    std::string name_;
    int fd_ = -1, direct_fd_ = -1;
};

}  // namespace epi
