#pragma once
#include <cstddef>
#include <cstdint>

namespace epi {

// Space on the disk for what does not fit into memory: a file in the folder of temporary files (TMPDIR),
// made when it is first written to, that goes with the object, however the program ends. ResourceError
// naming the folder: it cannot be made, the disk is full.
class TemporaryFile {
  public:
    TemporaryFile() = default;
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    // Writes behind what is there; returns where.
    std::uint64_t append(const void* data, std::size_t bytes);
    void read(std::uint64_t offset, void* data, std::size_t bytes) const;
    std::uint64_t size() const { return size_; }

  private:
    int file_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace epi
