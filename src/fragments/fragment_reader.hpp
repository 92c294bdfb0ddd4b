#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fragments/barcode_table.hpp"
#include "fragments/fragment_batch.hpp"
#include "genome/contig_names.hpp"
#include "io/line_reader.hpp"

namespace epi {

// What a fragment file turned out to be.
struct FragmentFileSummary {
    std::string name;
    std::int64_t fragments = 0;
    bool compressed = false;
    long long first_unsorted_line = 0;  // 0: sorted, each contig in one piece and by start
};

// Reads the fragments of one sample from its files, one after the other, in batches; nothing else of them is
// kept in memory. Lines that start with '#' and empty lines are skipped wherever they are; columns after the
// fifth are ignored. Each file may name chromosomes its own way (chr1 or 1).
// InputError naming file and line: fewer than four columns, a coordinate that is none, end before start, an
// empty barcode, a fifth column that is no number; a file without fragments; and as ByteSource.
class FragmentReader {
  public:
    // `reference`: the chromosomes of peaks and genes; contigs() starts with them.
    // `cells` get the barcode numbers 0, 1, ... (they must differ).
    FragmentReader(std::vector<std::filesystem::path> files, Chromosomes reference,
                   const std::vector<std::string>& cells = {});

    // Replaces the batch's content with the next fragments, at most `limit`; false at the end of the last
    // file.
    bool next(FragmentBatch& batch, std::size_t limit);

    const BarcodeTable& barcodes() const { return barcodes_; }
    // Grows while reading.
    const Chromosomes& contigs() const { return contigs_; }
    std::size_t reference_size() const { return reference_size_; }
    // Files read so far, the one in progress last.
    const std::vector<FragmentFileSummary>& files() const { return summaries_; }
    // "1 -> chr1" and so on, distinct, where a file names chromosomes in the other style.
    const std::vector<std::pair<std::string, std::string>>& renamed() const { return renamed_; }
    // Bytes on the disk read so far and in all (0: not known), for progress.
    std::size_t position() const;
    std::size_t total_size() const { return total_size_; }

  private:
    bool open_next();
    void close();
    std::uint32_t contig_of(std::string_view name);
    void note_order(std::uint32_t contig, std::int32_t start);

    std::vector<std::filesystem::path> paths_;
    std::size_t next_path_ = 0, total_size_ = 0, finished_size_ = 0, reference_size_;
    Chromosomes reference_, contigs_;
    std::size_t contigs_told_;
    BarcodeTable barcodes_;
    std::vector<FragmentFileSummary> summaries_;
    std::vector<std::pair<std::string, std::string>> renamed_;

    // Of the file in progress.
    std::unique_ptr<LineReader> lines_;
    std::optional<ContigNames> names_;
    std::string last_name_;
    std::uint32_t last_contig_ = 0;
    std::int32_t last_start_ = -1;  // -1: no fragment yet
    std::vector<bool> contig_seen_;
};

}  // namespace epi
