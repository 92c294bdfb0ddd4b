#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "io/scratch_file.hpp"

namespace epi {

// The folder of temporary files (TMPDIR). It need not exist: making a file in it says so.
std::filesystem::path temporary_folder();

// Space on the disk for what does not fit into memory: a scratch file in the folder of temporary files
// (TMPDIR), made when it is first written to. ResourceError naming the folder: it cannot be made, the disk is
// full.
class TemporaryFile {
  public:
    // Writes behind what is there; returns where.
    std::uint64_t append(const void* data, std::size_t bytes);
    void read(std::uint64_t offset, void* data, std::size_t bytes) const;
    std::uint64_t size() const { return file_ ? file_->size() : 0; }

  private:
    std::optional<ScratchFile> file_;
};

}  // namespace epi
