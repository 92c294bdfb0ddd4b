#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace epi {

// A text file, bgzip-compressed if its name ends in ".gz" (the same bytes for the same text). Buffered;
// close() must be called, it throws ResourceError if the disk is full. Not atomic by itself: give it
// AtomicFile's temporary path and say `compress` when that name does not tell.
class TextWriter {
  public:
    explicit TextWriter(const std::filesystem::path& path);
    TextWriter(const std::filesystem::path& path, bool compress);
    ~TextWriter();
    TextWriter(const TextWriter&) = delete;
    TextWriter& operator=(const TextWriter&) = delete;

    void write(std::string_view text);
    // The fields with tabs between and a line end.
    void row(const std::vector<std::string>& fields);
    void close();

  private:
    struct Sink;
    std::unique_ptr<Sink> sink_;
};

// The tabix index (bed preset, 0-based) of a sorted bgzip file, written to `index_path`; `large`: as .csi,
// for chromosomes of 2^29 bp and more. InputError if it is not sorted.
void write_tabix_index(const std::filesystem::path& bgzip_path, const std::filesystem::path& index_path,
                       bool large = false);

}  // namespace epi
