#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "genome/genes.hpp"
#include "genome/interval.hpp"
#include "matrix/csr.hpp"
#include "store/anndata.hpp"

namespace epi {

// The cells of an atlas as one list, in global order: shard after shard as in the manifest, rows as in the
// shard (shuffled when packed). Also opens a single shard or .h5mu, and an .h5ad of cells x peaks, as a list
// of cells. Large arrays are mapped into memory where the file allows it, else read (see notes()).
//
// After open() nothing calls HDF5 any more: const functions may be called from any thread. Views are valid as
// long as the object lives. Cells are 0 .. size()-1, peaks 0 .. n_peaks()-1, genes
// 0 .. n_genes()-1.
class AtlasCells {
  public:
    // An atlas folder, an .h5mu or an .h5ad, told apart by content. InputError: none of these; a shard that
    // is missing or has another size than the manifest says; peak or gene tables that differ; peaks whose
    // names are no intervals.
    static AtlasCells open(const std::filesystem::path& path);
    AtlasCells(AtlasCells&&) noexcept;
    AtlasCells& operator=(AtlasCells&&) noexcept;
    ~AtlasCells();

    std::int64_t size() const;
    // "sample:barcode"; the barcode alone where no sample is known.
    std::string name(std::int64_t cell) const;
    std::string_view barcode(std::int64_t cell) const;
    // "" where not known; an empty cell_type is an unlabelled cell.
    std::string_view sample(std::int64_t cell) const;
    std::string_view batch(std::int64_t cell) const;
    std::string_view donor(std::int64_t cell) const;
    std::string_view tissue(std::int64_t cell) const;
    std::string_view cell_type(std::int64_t cell) const;
    // "train", "val", "test", or "" (in none; everywhere "" where the atlas was not split).
    std::string_view split(std::int64_t cell) const;
    bool has_split() const;
    // Any of the columns above by its name ("sample", ..., "cell_type", "split"); null: there is none of this
    // name.
    using Label = std::string_view (AtlasCells::*)(std::int64_t cell) const;
    static Label label_named(std::string_view name);
    // The same for all cells in order. UsageError naming the columns.
    std::vector<std::string> column(std::string_view name) const;
    // The cells of one split, in order; "" gives those in none.
    std::vector<std::int64_t> cells_in(std::string_view split) const;

    // Open peaks, ascending.
    std::span<const std::int32_t> peaks_of(std::int64_t cell) const;
    // Calls visit(i, peaks of cells[i]) for i = 0, 1, ...: as peaks_of() one by one, but the processor looks
    // for the next cells in memory meanwhile. The fastest way to read cells in any order, as nothing is
    // copied.
    template <class Visit>
    void for_each_peaks(std::span<const std::int64_t> cells, Visit&& visit) const {
        for (std::size_t i = 0; i < std::min(kPrefetched, cells.size()); ++i) prefetch_peaks(cells[i]);
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (i + kPrefetched < cells.size()) prefetch_peaks(cells[i + kPrefetched]);
            visit(i, peaks_of(cells[i]));
        }
    }
    // How many open peaks these cells have together; all of them, one cell after the other, in memory with
    // room for so many.
    std::size_t peak_count(std::span<const std::int64_t> cells) const;
    void copy_peaks(std::span<const std::int64_t> cells, std::int32_t* to) const;
    // Whether any cell, or this one, has RNA. A cell without has no expressed gene.
    bool has_rna() const;
    bool has_rna(std::int64_t cell) const;
    // Expressed genes (raw count > 0), ascending, and their raw counts in the same order.
    std::span<const std::int32_t> genes_of(std::int64_t cell) const;
    std::vector<std::int32_t> counts_of(std::int64_t cell) const;

    // How many open peaks, expressed genes.
    std::int32_t peak_count(std::int64_t cell) const;
    std::int32_t gene_count(std::int64_t cell) const;

    // Asks the system to read these cells from the disk, in the order in which they lie there and without
    // waiting. Before a batch of cells in any order: many times faster than the page faults of reading them.
    void will_need(std::span<const std::int64_t> cells) const;
    // Pages of mapped files stay in memory up to about so many bytes (default 4 GiB), however large the atlas
    // is; then all are let go, and come back from the system's cache. Views stay valid.
    void keep_mapped(std::uint64_t bytes);

    // Shards in order: the number of the first cell of each, then the number of cells.
    const std::vector<std::int64_t>& shard_starts() const;

    // Chosen cells as matrices, in the order given: ones at open peaks; raw counts.
    FloatMatrix peak_matrix(std::span<const std::int64_t> cells) const;
    CountMatrix count_matrix(std::span<const std::int64_t> cells) const;

    std::int64_t n_peaks() const { return static_cast<std::int64_t>(peaks().size()); }
    std::int64_t n_genes() const { return static_cast<std::int64_t>(genes().size()); }
    const IntervalSet& peaks() const;
    const std::vector<std::string>& peak_names() const;  // "chr:start-end", 0-based half-open
    const GeneTable& genes() const;                      // empty without RNA
    const std::string& peak_identity() const;            // identity_of_names(peak_names())
    const std::string& gene_identity() const;            // identity_of_genes(genes()); "" without RNA
    const std::string& genome() const;                   // "hg38"; "" where not said
    const std::filesystem::path& path() const;
    // For people: which files could not be mapped and were read.
    const std::vector<std::string>& notes() const;

  private:
    static constexpr std::size_t kPrefetched = 2;  // cells; 40 KB, a part of the second cache
    void prefetch_peaks(std::int64_t cell) const;

    struct State;
    explicit AtlasCells(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace epi
