#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace epi {

// A zip archive whose members are stored uncompressed (as torch.save writes). Zip64 is read. InputError
// naming the file for anything else.
class ZipArchive {
  public:
    explicit ZipArchive(const std::filesystem::path& path);

    // Name and size of every member.
    struct Member {
        std::uint64_t header = 0, size = 0;
    };
    const std::map<std::string, Member>& members() const { return members_; }
    bool has(const std::string& name) const { return members_.contains(name); }
    // The bytes of a member.
    std::string read(const std::string& name);
    // Fills `into` with `size` bytes from `offset` of a member.
    void read(const std::string& name, std::uint64_t offset, char* into, std::uint64_t size);
    const std::filesystem::path& path() const { return path_; }
    std::uint64_t size() const { return size_; }  // of the file

  private:
    [[noreturn]] void fail(const std::string& problem) const;
    std::string bytes_at(std::uint64_t offset, std::uint64_t size);
    void read_directory();
    std::uint64_t data_begin(const std::string& name, const Member& member);

    std::filesystem::path path_;
    std::ifstream file_;
    std::uint64_t size_ = 0;
    std::map<std::string, Member> members_;
};

}  // namespace epi
