#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace epi {

// SHA-256, as 64 lower-case hexadecimal digits.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    void update(std::string_view bytes);
    std::string hex();  // ends the computation

  private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256_of(std::string_view bytes);
// Of the file's bytes as they are on the disk. InputError if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);
// Of each `block` bytes of it in turn (the last may be shorter), on `threads` threads.
std::vector<std::string> sha256_of_blocks(const std::filesystem::path& path, std::uint64_t block,
                                          int threads);

// XXH3, 128 bits, as 32 lower-case hexadecimal digits (the command xxh128sum prints them): ten times as quick
// as SHA-256. Tells files apart that nobody made alike on purpose (decision 0006).
class Xxh3 {
  public:
    Xxh3();
    ~Xxh3();
    void update(std::string_view bytes);
    std::string hex() const;  // of all so far

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Of the file's bytes as they are on the disk. InputError if it cannot be read.
std::string xxh3_of_file(const std::filesystem::path& path);

// CRC-32 as gzip and zlib have it: quick, against accidents only.
std::uint32_t crc32_of(std::string_view bytes);

}  // namespace epi
