#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace epi {

// The decompressed bytes of a file, front to back. What the file is (bgzip, gzip with any number of members,
// or plain text) is told by its first bytes, never by its name; "-" is standard input. Not thread-safe.
// Errors, all InputError: missing or unreadable file, truncated or corrupt gzip data.
class ByteSource {
  public:
    virtual ~ByteSource() = default;
    // Fills as much of `buffer` as it can; 0 only at the end of the data.
    virtual std::size_t read(std::span<char> buffer) = 0;
    // The name to use in messages.
    virtual const std::string& name() const = 0;
    // Compressed bytes consumed so far and in all (0: unknown), for progress.
    virtual std::size_t position() const = 0;
    virtual std::size_t size() const = 0;
    // True if the data is gzip-compressed.
    virtual bool compressed() const = 0;
};

std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& path);
// The same of a file that is in memory already.
std::unique_ptr<ByteSource> bytes_of(std::string_view content, std::string name);

// The whole content, decompressed; for small files.
std::string read_all(const std::filesystem::path& path);

}  // namespace epi
