#include <atomic>
#include <unordered_set>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "genome/interval.hpp"
#include "store/anndata_elements.hpp"
#include "store/shard.hpp"
#include "store/shard_tables.hpp"

namespace epi {
namespace {

using Problems = std::vector<std::string>;

bool rises(std::span<const std::int32_t> indices) {
    bool good = true;
    for (std::size_t i = 1; i < indices.size(); ++i) good = good && indices[i] > indices[i - 1];
    return good;
}

// What is wrong with the entries of a cell; "" if nothing is.
std::string problem_of_cell(const Shard& shard, std::int64_t cell) {
    try {
        if (!rises(shard.peaks_of(cell)) || !rises(shard.genes_of(cell)))
            return "has indices that do not rise";
        for (const auto count : shard.counts_of(cell))
            if (count <= 0) return "has a count that is not above 0";
        return "";
    } catch (const InputError&) {
        return "has an index out of range";
    }
}

void check_cells(const Shard& shard, int threads, Problems& problems) {
    constexpr std::size_t kGrain = 256;
    constexpr std::uint64_t kRelease = std::uint64_t{32} << 20;  // bytes that a thread keeps mapped
    const auto cells = static_cast<std::size_t>(shard.cells());
    std::atomic<std::size_t> first_bad = cells;
    parallel_ranges(
        cells, threads,
        [&](std::size_t begin, std::size_t end) {
            std::uint64_t touched = 0;
            for (auto cell = begin; cell < end && cell < first_bad.load(); ++cell) {
                if (!problem_of_cell(shard, static_cast<std::int64_t>(cell)).empty()) {
                    auto known = first_bad.load();
                    while (cell < known && !first_bad.compare_exchange_weak(known, cell)) {
                    }
                }
                touched += 4 * static_cast<std::uint64_t>(shard.peak_count(static_cast<std::int64_t>(cell)));
                if (touched < kRelease && cell + 1 < end) continue;
                touched = 0;
                shard.release();
            }
        },
        kGrain);
    if (first_bad < cells) {
        const auto cell = static_cast<std::int64_t>(first_bad.load());
        problems.push_back("cell " + std::to_string(cell) + " ('" + std::string(shard.barcode(cell)) + "') " +
                           problem_of_cell(shard, cell));
    }
}

bool has_labels(const std::vector<std::string>& labels, const Shard& shard, std::size_t column) {
    bool same = static_cast<std::int64_t>(labels.size()) == shard.cells();
    for (std::int64_t cell = 0; same && cell < shard.cells(); ++cell)
        same = labels[static_cast<std::size_t>(cell)] == shard.label(column, cell);
    return same;
}

// Names and labels are in the file more than once; all must say the same.
void check_tables(const Shard& shard, Problems& problems) {
    const auto root = Hdf5Node::open_file(shard.path());
    const auto tables = read_cell_tables(root);
    if (identity_of_names(tables.peak_names) != shard.peak_identity())
        problems.emplace_back("its peaks are not those that it says it has (uns/shard/peak_identity)");
    if (tables.has_rna && identity_of_genes(tables.genes) != shard.gene_identity())
        problems.emplace_back("its genes are not those that it says it has (uns/shard/gene_identity)");
    std::unordered_set<std::string> names;
    for (std::int64_t cell = 0; cell < shard.cells(); ++cell) {
        const auto& barcode = tables.barcodes[static_cast<std::size_t>(cell)];
        if (barcode != shard.barcode(cell)) {
            problems.push_back("cell " + std::to_string(cell) + " has two names: '" + barcode + "' and '" +
                               std::string(shard.barcode(cell)) + "'");
            return;
        }
        if (!names.insert(std::string(shard.label(0, cell)) + ":" + barcode).second) {
            problems.push_back("has the cell '" + barcode + "' twice");
            return;
        }
    }
    if (shard.mapped() && tables.has_rna && tables.rna_barcodes != tables.barcodes)
        problems.emplace_back("its RNA is of other cells, or in another order");
    for (const auto& frame :
         {root.child("obs"), rna_of(root) ? rna_of(root)->child("obs") : root.child("obs")})
        for (std::size_t c = 0; shard.mapped() && c < kCellColumns.size(); ++c) {
            if (!frame.has(kCellColumns[c])) continue;
            const auto column = read_dataframe_column(frame, std::string(kCellColumns[c]));
            if (!column || !has_labels(text_of(*column), shard, c))
                problems.push_back(frame.child(kCellColumns[c]).place() +
                                   ": its labels are not those of mod/atac/obs");
        }
}

}  // namespace

std::vector<std::string> problems_of(const Shard& shard, int threads) {
    Problems problems;
    check_cells(shard, threads, problems);
    check_tables(shard, problems);
    return problems;
}

}  // namespace epi
