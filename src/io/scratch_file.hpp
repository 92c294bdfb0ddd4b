#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace epi {

// Bytes that wait on the disk while a program runs: a file without a name, which goes with the program
// however that ends. Safe to use from several threads.
class ScratchFile {
  public:
    // ResourceError if the folder cannot be written; `remedy` is what to do about that or about a full disk.
    ScratchFile(const std::filesystem::path& folder, std::string remedy);
    ~ScratchFile();
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    // Where the bytes lie from now on. ResourceError: the disk is full.
    std::uint64_t append(std::string_view bytes);
    std::uint64_t size() const { return size_; }
    // Bytes that were appended.
    void read(std::uint64_t offset, std::span<char> to) const;

  private:
    [[noreturn]] void fail(const char* what) const;

    std::string folder_, remedy_;
    int fd_ = -1;
    std::atomic<std::uint64_t> size_ = 0;
};

}  // namespace epi
