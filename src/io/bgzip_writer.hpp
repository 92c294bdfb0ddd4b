#pragma once
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace epi {

// A bgzip file whose blocks are made on several threads; the same bytes for the same text at any number of
// them. close() must be called; it and write() throw ResourceError if the disk is full. Not atomic by itself.
class BgzipWriter {
  public:
    BgzipWriter(const std::filesystem::path& path, int threads);

    // Whole lines.
    void write(std::string_view text);
    void close();

  private:
    void flush();

    std::string name_;
    int threads_;
    std::ofstream file_;
    std::vector<std::string> pieces_;  // not yet compressed
};

}  // namespace epi
