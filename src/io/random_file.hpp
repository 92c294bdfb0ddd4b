#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

namespace epi {

// A regular file that is read at any place, also by several threads. Of anything else (missing, a pipe) the
// size is 0.
class RandomFile {
  public:
    explicit RandomFile(const std::filesystem::path& path);
    ~RandomFile();
    RandomFile(const RandomFile&) = delete;
    RandomFile& operator=(const RandomFile&) = delete;

    // Fewer bytes only at the end of the file. ResourceError if reading fails.
    std::size_t read(std::size_t offset, char* to, std::size_t n) const;
    std::string read(std::size_t offset, std::size_t n) const;
    // Asks the system to read these bytes from the disk, without waiting.
    void will_need(std::size_t offset, std::size_t n) const;
    const std::string& name() const { return name_; }
    std::size_t size() const { return size_; }

  private:
    std::string name_;
    int fd_;
    std::size_t size_ = 0;
};

}  // namespace epi
