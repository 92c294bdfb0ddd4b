#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "genome/genes.hpp"
#include "genome/interval.hpp"
#include "store/anndata.hpp"
#include "store/cell_labels.hpp"
#include "store/mapped_file.hpp"
#include "store/matrix_rows.hpp"

namespace epi {

// The columns that say what a cell is, in this order.
inline constexpr std::array<std::string_view, 5> kCellColumns{"sample", "batch", "donor", "tissue",
                                                              "cell_type"};

// What a shard says beside its matrices. Rows of everything are the same cells.
struct ShardHead {
    DataFrame obs;  // index: barcodes; kCellColumns, orig_row, QC
    IntervalSet peaks;
    bool has_rna = false;
    GeneTable genes;
    std::string genome;  // "hg38"; may be empty
};

// A shard has fewer than 2^31 entries per matrix. Any: more are written too, as int64 (an ordinary .h5mu,
// which is no shard).
enum class ShardSize { Shard, Any };

// Writes an .h5mu shard (docs/formats.md): arrays contiguous, uncompressed, at page boundaries; the ones of
// the binarized peaks take no space; counts in the smallest of uint8, uint16, int32 that holds them. The rows
// come in any order and are not held. Atomic; the same bytes for the same content.
class ShardWriter {
  public:
    // `open`: number of open peaks of each cell. `counts`: expressed genes of each cell and the largest
    // count; of a shard with RNA. InputError: 2^31 entries or more. ResourceError: also where the disk has no
    // room for all of it.
    ShardWriter(const ShardHead& head, std::span<const std::int32_t> open, const MatrixScan& counts,
                const std::filesystem::path& path, bool force, ShardSize size = ShardSize::Shard);
    ShardWriter(ShardWriter&&) noexcept;
    ~ShardWriter();

    // What is not rows: names, labels. May be called on a thread of its own beside put_peaks() and
    // put_counts(), while no other thread uses HDF5; finish() does it where it was not done. `head` must live
    // until then.
    void write_tables();
    // Each cell once, columns rising.
    void put_peaks(std::int64_t cell, std::span<const std::int32_t> peaks);
    void put_counts(std::int64_t cell, std::span<const std::int32_t> genes, std::span<const double> counts);
    // After the last of them: returns when all is on the disk. commit() does it where it wasn't done; before,
    // the disk need not be waited for while there is something else to do.
    void finish();
    // `provenance` comes last, so that checksums of the input can be made beside the writing.
    void commit(const nlohmann::ordered_json& provenance);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// A shard whose matrices are held.
struct ShardContent : ShardHead {
    std::vector<std::int32_t> indptr{0};  // of the open peaks: cells + 1
    std::vector<std::int32_t> indices;    // ascending in each row
    DoubleMatrix counts;                  // raw, cells x genes
    nlohmann::ordered_json provenance;
};
void write_shard(const ShardContent& content, const std::filesystem::path& path, bool force);

// Names one after the other, mapped (each as wide as the longest, filled up with zeros) or held.
class NameList {
  public:
    NameList() = default;
    explicit NameList(std::vector<std::string> names) : size_(names.size()), held_(std::move(names)) {}
    NameList(MappedArray<std::uint8_t> bytes, std::size_t size) : size_(size), bytes_(std::move(bytes)) {}

    std::size_t size() const { return size_; }
    std::string_view operator[](std::size_t i) const;
    std::vector<std::string> to_vector() const;

  private:
    std::size_t size_ = 0;
    std::vector<std::string> held_;
    MappedArray<std::uint8_t> bytes_;
};

// The cells of one file: a shard, any .h5mu with a modality `atac`, or an .h5ad of cells x peaks. After
// open() only the functions that say so call HDF5.
class Shard {
  public:
    // InputError: none of these; malformed; 2^31 entries or more. A shard of ours is opened without a look at
    // its entries and names.
    static Shard open(const std::filesystem::path& path);

    std::int64_t cells() const { return static_cast<std::int64_t>(barcodes_.size()); }
    const std::filesystem::path& path() const { return path_; }
    std::string_view barcode(std::int64_t cell) const { return barcodes_[static_cast<std::size_t>(cell)]; }
    // The label of a cell in kCellColumns[column]; "" where not known.
    std::string_view label(std::size_t column, std::int64_t cell) const { return labels_[column][cell]; }
    const CellLabels& labels(std::size_t column) const { return labels_[column]; }
    std::int64_t n_peaks() const { return n_peaks_; }
    std::int64_t n_genes() const { return n_genes_; }
    // identity_of_names(peak_names()), identity_of_genes(genes()): what the file says of itself, where it is
    // a shard of ours. "" without RNA.
    const std::string& peak_identity() const { return peak_identity_; }
    const std::string& gene_identity() const { return gene_identity_; }
    const std::string& genome() const { return genome_; }
    bool has_rna() const { return has_rna_; }
    bool has_rna(std::int64_t cell) const { return has_rna_ && (rna_present_.empty() || rna_present_[cell]); }
    // False if the large arrays were read instead, because the file is not laid out for it.
    bool mapped() const { return mapped_; }
    std::int64_t peak_entries() const { return static_cast<std::int64_t>(peak_indices_.size()); }
    std::int64_t gene_entries() const { return static_cast<std::int64_t>(gene_indices_.size()); }

    // Open peaks and expressed genes of a cell, ascending; raw counts beside the genes. InputError if the
    // file holds an index that is out of range: a mapped file is not checked when it is opened, but each cell
    // when it is first read.
    std::span<const std::int32_t> peaks_of(std::int64_t cell) const;
    std::span<const std::int32_t> genes_of(std::int64_t cell) const;
    std::vector<std::int32_t> counts_of(std::int64_t cell) const;
    // Has the processor begin to look for a cell's peaks in memory: called some cells ahead of peaks_of(),
    // the way there (address translation first) is gone while others are worked on. Never waits, never fails.
    void prefetch_peaks(std::int64_t cell) const;
    // Number of open peaks, of expressed genes.
    std::int32_t peak_count(std::int64_t cell) const;
    std::int32_t gene_count(std::int64_t cell) const;

    // The bytes of a cell that lie in the mapped file: of its peaks, genes, counts (empty ones where held).
    std::array<std::span<const std::byte>, 3> mapped_bytes_of(std::int64_t cell) const;
    // Takes the pages of the mapped file out of memory until they are touched again.
    void release() const;

    // These read the file (HDF5). All columns that it has for these cells: of its obs, or of the obs of its
    // peaks.
    DataFrame read_obs() const;
    std::vector<std::string> peak_names() const;
    GeneTable genes() const;  // empty without RNA

  private:
    friend class ShardReader;
    std::span<const std::int32_t> row(const MappedArray<std::int32_t>& indptr,
                                      const MappedArray<std::int32_t>& indices, std::int64_t cell,
                                      std::int64_t limit, std::uint8_t mark) const;

    std::filesystem::path path_;
    NameList barcodes_;
    std::array<CellLabels, kCellColumns.size()> labels_;
    std::int64_t n_peaks_ = 0, n_genes_ = 0;
    std::string peak_identity_, gene_identity_;
    std::string genome_;
    bool has_rna_ = false, mapped_ = true;
    std::vector<bool> rna_present_;  // empty: in all cells
    MappedArray<std::int32_t> peak_indptr_, peak_indices_, gene_indptr_, gene_indices_;
    // Two bits per cell, four cells a byte: 1, its peaks were found in range; 2, its genes.
    std::unique_ptr<std::atomic<std::uint8_t>[]> seen_;
    // Counts in one of these, as wide as in the file.
    MappedArray<std::uint8_t> counts8_;
    MappedArray<std::uint16_t> counts16_;
    MappedArray<std::int32_t> counts32_;
};

// What is wrong inside a shard, each with its place; empty if nothing is. Looks at every entry, name and
// label; `threads` threads.
std::vector<std::string> problems_of(const Shard& shard, int threads);

}  // namespace epi
