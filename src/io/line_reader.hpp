#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/byte_source.hpp"

namespace epi {

// The lines of a text file, plain or gzip, one at a time. Line ends \n and \r\n are cut off.
// InputError: as ByteSource; a line longer than 16 MiB.
class LineReader {
  public:
    explicit LineReader(const std::filesystem::path& path);
    explicit LineReader(std::unique_ptr<ByteSource> source);

    // The next line, valid until the next call; false at the end.
    bool next(std::string_view& line);
    // Of the line last returned, counted from 1.
    long long line_number() const { return line_number_; }
    const ByteSource& source() const { return *source_; }
    // "file:line" of the line last returned.
    std::string place() const;

  private:
    bool refill();

    std::unique_ptr<ByteSource> source_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;
    long long line_number_ = 0;
};

}  // namespace epi
