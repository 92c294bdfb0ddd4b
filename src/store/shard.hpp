#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "genome/genes.hpp"
#include "store/anndata.hpp"
#include "store/mapped_file.hpp"

namespace epi {

// The columns that say what a cell is, in this order.
inline constexpr std::array<std::string_view, 5> kCellColumns{"sample", "batch", "donor", "tissue",
                                                              "cell_type"};

// What write_shard puts in a file. Rows of everything are the same cells.
struct ShardContent {
    DataFrame obs;                        // index: barcodes; kCellColumns, orig_row, QC
    std::vector<std::string> peaks;       // names, "chr:start-end"
    std::vector<std::int32_t> indptr{0};  // of the open peaks: cells + 1
    std::vector<std::int32_t> indices;    // ascending in each row
    bool has_rna = false;
    GeneTable genes;
    DoubleMatrix counts;  // raw, cells x genes
    std::string genome;   // "hg38"; may be empty
    nlohmann::ordered_json provenance;
};

// Writes an .h5mu shard (docs/formats.md): arrays contiguous, uncompressed, at page boundaries; the ones of
// the binarized peaks take no space; counts in the smallest of uint8, uint16, int32 that holds them. Atomic;
// the same bytes for the same content.
void write_shard(const ShardContent& content, const std::filesystem::path& path, bool force);

// The cells of one file: a shard, any .h5mu with a modality `atac`, or an .h5ad of cells x peaks. After
// open() nothing calls HDF5 any more.
class Shard {
  public:
    // InputError: none of these; malformed; 2^31 entries or more.
    static Shard open(const std::filesystem::path& path);

    std::int64_t cells() const { return static_cast<std::int64_t>(barcodes_.size()); }
    const std::filesystem::path& path() const { return path_; }
    const std::vector<std::string>& barcodes() const { return barcodes_; }
    // The label of a cell in kCellColumns[column]; "" where not known.
    std::string_view label(std::size_t column, std::int64_t cell) const;
    const Categorical& labels(std::size_t column) const { return labels_[column]; }
    const std::vector<std::string>& peak_names() const { return peak_names_; }
    const GeneTable& genes() const { return genes_; }
    const std::string& genome() const { return genome_; }
    bool has_rna() const { return has_rna_; }
    bool has_rna(std::int64_t cell) const { return has_rna_ && (rna_present_.empty() || rna_present_[cell]); }
    // False if the large arrays were read instead, because the file is not laid out for it.
    bool mapped() const { return mapped_; }
    std::int64_t peak_entries() const { return static_cast<std::int64_t>(peak_indices_.size()); }
    std::int64_t gene_entries() const { return static_cast<std::int64_t>(gene_indices_.size()); }

    // Open peaks and expressed genes of a cell, ascending; raw counts beside the genes. InputError if the
    // file holds an index that is out of range (a mapped file is not checked when it is opened).
    std::span<const std::int32_t> peaks_of(std::int64_t cell) const;
    std::span<const std::int32_t> genes_of(std::int64_t cell) const;
    std::vector<std::int32_t> counts_of(std::int64_t cell) const;

    // All columns that the file has for these cells: of its obs, or of the obs of its peaks.
    DataFrame read_obs() const;

  private:
    friend class ShardReader;
    std::span<const std::int32_t> row(const MappedArray<std::int32_t>& indptr,
                                      const MappedArray<std::int32_t>& indices, std::int64_t cell,
                                      std::int64_t limit) const;

    std::filesystem::path path_;
    std::vector<std::string> barcodes_, peak_names_;
    std::array<Categorical, kCellColumns.size()> labels_;
    GeneTable genes_;
    std::string genome_;
    bool has_rna_ = false, mapped_ = true;
    std::vector<bool> rna_present_;  // empty: in all cells
    MappedArray<std::int32_t> peak_indptr_, peak_indices_, gene_indptr_, gene_indices_;
    // Counts in one of these, as wide as in the file.
    MappedArray<std::uint8_t> counts8_;
    MappedArray<std::uint16_t> counts16_;
    MappedArray<std::int32_t> counts32_;
};

}  // namespace epi
