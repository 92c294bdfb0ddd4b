#pragma once
#include "genome/genes.hpp"
#include "store/anndata.hpp"
#include "store/feature_counts.hpp"

namespace epi {

// Where each feature of a matrix goes in a gene table.
struct GeneMapping {
    std::vector<std::int32_t> gene_of_feature;  // -1: in no gene
    std::size_t by_id = 0, by_name = 0;         // features matched
    std::size_t genes_without = 0;              // genes that no feature matched: zero everywhere
};

// By gene_id, then by gene_id without Ensembl's version (".12"), and for genes that no id reached by name.
GeneMapping map_features_to_genes(const std::vector<Feature>& features, const GeneTable& genes);

// The genes that the features themselves describe; coordinates from their intervals where there are any.
GeneTable genes_of_features(const std::vector<Feature>& features);

// The var table of a gene matrix: index unique names; gene_ids chromosome start end strand gene_type.
DataFrame var_of_genes(const GeneTable& genes);
// The reverse; missing columns leave their fields empty. `place` is for messages.
GeneTable genes_of_var(const DataFrame& var, std::string_view place);

}  // namespace epi
