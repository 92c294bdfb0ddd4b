#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "fragments/fragment_batch.hpp"
#include "genome/contig_names.hpp"
#include "io/text_chunks.hpp"

namespace epi {

// What a fragment file turned out to be.
struct FragmentFileSummary {
    std::string name;
    std::int64_t fragments = 0;
    bool compressed = false;
    bool truncated = false;             // its end was missing
    long long first_unsorted_line = 0;  // 0: sorted, each contig in one piece and by start
    // Names of contigs in the file and in the scan, where they differ.
    std::vector<std::pair<std::string, std::string>> renamed;
    std::string checksum;  // XXH3 of the file; "": not known
};

// A line that holds no fragment.
struct BadLine {
    long long line = 0;  // within the chunk, from 1
    std::string problem, remedy;
};

// Fragments of one contig that follow each other.
struct ContigRun {
    std::uint32_t contig = 0;
    std::int32_t first_start = 0, last_start = 0;
    long long line = 0;  // within the chunk
};

// What is known of one chunk of one file when it has been read.
struct ChunkRecord {
    std::size_t file = 0, number = 0;
    // Grows along the files, by more than there are fragments in a chunk.
    std::uint64_t order() const { return (std::uint64_t{file} << 52) | (std::uint64_t{number} << 28); }
    long long lines = 0;
    std::int64_t fragments = 0;
    std::vector<BadLine> bad;
    std::vector<ContigRun> runs;  // up to the first that is out of order
    long long unsorted_line = 0;  // within the chunk; 0: in order
    std::exception_ptr error;
    bool done = false;
};

// What the threads of a scan share: which chunk is next, what has been read, and whatever must happen in the
// order of the files although chunks are read side by side: naming contigs, finding the first error.
class ChunkLog {
  public:
    ChunkLog(std::vector<std::filesystem::path> files, Chromosomes reference, TextChunkOptions options,
             std::int64_t bad_lines_allowed);

    // Takes the next chunk of any file; null at the end, or when there is no use in going on. An error in
    // reading it is noted.
    ChunkRecord* take(TextChunk& chunk);
    // Every record that was taken must come back, even after an exception.
    void finish(ChunkRecord& record);
    // The contig of that name in the record's file; a new one waits until all chunks before have been read.
    // InputError: a second style of naming.
    Contig contig(std::string_view name, const ChunkRecord& record, long long line);

    // That of the record's file.
    const std::string& name(const ChunkRecord& record) const { return files_[record.file].name; }

    // When all is done: throws the first error in the order of the files, if there is any.
    void throw_first_error() const;
    std::vector<FragmentFileSummary> summaries() const;
    // Lines that were skipped, by problem, in order of the first.
    std::vector<std::pair<std::string, std::int64_t>> skipped() const;
    // For each chunk its order and how many fragments of its file come before it.
    std::vector<std::pair<std::uint64_t, std::int64_t>> fragments_before() const;
    const Chromosomes& contigs() const { return contigs_; }
    const std::vector<std::pair<std::string, std::string>>& renamed() const { return renamed_; }
    std::int64_t fragments() const;
    std::size_t position() const;

  private:
    struct File {
        std::unique_ptr<TextChunks> chunks;  // null: not open yet
        std::string name;
        ContigNames names;
        std::deque<ChunkRecord> records;
        std::size_t done = 0;  // chunks from the first on
        bool ended = false;    // no further chunk
    };

    void open(File& file, const std::filesystem::path& path);
    ChunkRecord& record(std::size_t file, std::size_t number);
    bool all_before_done(const ChunkRecord& record) const;
    long long lines_before(const ChunkRecord& record) const;

    std::vector<std::filesystem::path> paths_;
    TextChunkOptions options_;
    std::int64_t bad_allowed_;
    std::size_t reference_size_;
    const Chromosomes reference_;
    Chromosomes contigs_;
    std::vector<std::pair<std::string, std::string>> renamed_;

    mutable std::mutex mutex_;
    std::condition_variable progress_;
    std::deque<File> files_;
    std::size_t current_ = 0;  // the file whose chunks are handed out
    std::int64_t bad_lines_ = 0, fragments_ = 0;
    bool stop_ = false;
};

}  // namespace epi
