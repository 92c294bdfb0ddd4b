#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace epi {

// The bytes of a file, written and read at any place. ResourceError where the disk says no.
class RawFile {
  public:
    // One that is there; `name` is for messages.
    RawFile(const std::filesystem::path& path, std::string name);
    // A temporary one in this folder, without a name: it goes with the program, however that ends.
    static RawFile scratch(const std::filesystem::path& folder);
    RawFile(RawFile&& other) noexcept;
    RawFile& operator=(RawFile&&) = delete;
    ~RawFile();

    void write(const void* bytes, std::size_t count, std::uint64_t offset) const;
    void read(void* bytes, std::size_t count, std::uint64_t offset) const;
    // Asks for the space of these bytes now, so that a full disk is known before the work is done.
    void allocate(std::uint64_t offset, std::uint64_t count) const;
    // Lets the disk begin with these bytes, without waiting.
    void start_writing(std::uint64_t offset, std::uint64_t count) const;

  private:
    RawFile(int fd, std::string name) : name_(std::move(name)), fd_(fd) {}
    [[noreturn]] void fail(const std::string& what) const;

    std::string name_;
    int fd_ = -1;
};

}  // namespace epi
