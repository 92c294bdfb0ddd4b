#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "store/hdf5.hpp"
#include "store/shard.hpp"

namespace epi {

// What an .h5mu or .h5ad of cells says beside its matrices.
struct CellTables {
    std::vector<std::string> barcodes, peak_names;
    std::array<Categorical, kCellColumns.size()> labels;
    bool has_rna = false;
    std::vector<std::string> rna_barcodes;  // in the order of the RNA
    GeneTable genes;
    std::string genome;
};

// The group with X, obs and var of the peaks: mod/atac, or the root of an .h5ad. InputError: neither.
Hdf5Node atac_of(const Hdf5Node& root);
// mod/rna, where there is one.
std::optional<Hdf5Node> rna_of(const Hdf5Node& root);
// uns["genome"]; "" where it does not say.
std::string genome_of(const Hdf5Node& root);
// Labels come from the first table that has the column: of the peaks, of the whole file, of the RNA.
// InputError: X is not as large as obs and var say.
CellTables read_cell_tables(const Hdf5Node& root);
// For each name its place in the other list, or kNoPlace.
inline constexpr std::size_t kNoPlace = static_cast<std::size_t>(-1);
std::vector<std::size_t> places_in(const std::vector<std::string>& names,
                                   const std::vector<std::string>& others);

}  // namespace epi
