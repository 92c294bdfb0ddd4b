#include "store/shard_tables.hpp"

#include <unordered_map>

#include "store/anndata_elements.hpp"
#include "store/gene_mapping.hpp"

namespace epi {
namespace {

void check_shape(const Hdf5Node& x, std::size_t rows, std::size_t cols) {
    if (matrix_shape(x) != std::pair{static_cast<std::int64_t>(rows), static_cast<std::int64_t>(cols)})
        x.fail("its shape is not that of obs and var");
}

std::vector<std::string> values_of(const std::vector<std::string>& barcodes,
                                   const std::vector<DataFrame>& tables, std::string_view name) {
    std::vector<std::string> labels(barcodes.size());
    for (const auto& table : tables) {
        const Column* column = table.find(name);
        if (column == nullptr) continue;
        const auto values = text_of(*column);
        const auto places = places_in(barcodes, table.index);
        for (std::size_t i = 0; i < labels.size(); ++i)
            if (places[i] != kNoPlace) labels[i] = values[places[i]];
        break;
    }
    return labels;
}

}  // namespace

std::vector<std::size_t> places_in(const std::vector<std::string>& names,
                                   const std::vector<std::string>& others) {
    std::vector<std::size_t> places(names.size());
    if (names == others) {
        for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
        return places;
    }
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < others.size(); ++i) index.emplace(others[i], i);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = index.find(names[i]);
        places[i] = found == index.end() ? kNoPlace : found->second;
    }
    return places;
}

Hdf5Node atac_of(const Hdf5Node& root) {
    if (root.has("mod")) return root.child("mod").child("atac");
    if (!root.has("X") || !root.has("obs") || !root.has("var"))
        root.fail("is neither an .h5mu nor an .h5ad", "give a shard made by `epifoundry pack`");
    return root;
}

std::optional<Hdf5Node> rna_of(const Hdf5Node& root) {
    if (!root.has("mod") || !root.child("mod").has("rna")) return std::nullopt;
    return root.child("mod").child("rna");
}

std::string genome_of(const Hdf5Node& root) {
    if (!root.has("uns") || !root.child("uns").has("genome")) return "";
    const auto node = root.child("uns").child("genome");
    if (node.is_group() || !node.is_text() || !node.shape().empty()) return "";
    return node.read_texts().at(0);
}

CellTables read_cell_tables(const Hdf5Node& root) {
    const auto atac = atac_of(root);
    CellTables result;
    std::vector<DataFrame> tables;
    tables.push_back(read_dataframe(atac.child("obs")));
    result.barcodes = tables[0].index;
    result.peak_names = read_dataframe(atac.child("var")).index;
    check_shape(atac.child("X"), result.barcodes.size(), result.peak_names.size());
    if (root.has("mod") && root.has("obs")) tables.push_back(read_dataframe(root.child("obs")));
    if (const auto rna = rna_of(root)) {
        tables.push_back(read_dataframe(rna->child("obs")));
        result.has_rna = true;
        result.rna_barcodes = tables.back().index;
        const auto var = read_dataframe(rna->child("var"));
        result.genes = genes_of_var(var, rna->place());
        check_shape(rna->child("X"), result.rna_barcodes.size(), var.size());
    }
    for (std::size_t c = 0; c < kCellColumns.size(); ++c)
        result.labels[c] = make_categorical(values_of(result.barcodes, tables, kCellColumns[c]));
    result.genome = genome_of(root);
    return result;
}

}  // namespace epi
