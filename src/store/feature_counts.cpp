#include "store/feature_counts.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "core/error.hpp"
#include "core/text.hpp"
#include "store/anndata_elements.hpp"
#include "store/mex_reader.hpp"
#include "store/tenx_reader.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

std::string_view type_name(FeatureKind kind) {
    return kind == FeatureKind::Genes ? "Gene Expression" : "Peaks";
}

// The first of the columns that the table has, as text.
std::vector<std::string> first_column(const DataFrame& frame, std::initializer_list<const char*> names) {
    for (const auto* name : names)
        if (const Column* column = frame.find(name)) return text_of(*column);
    return {};
}

FeatureCounts read_anndata_counts(const Hdf5Node& group) {
    FeatureCounts counts;
    counts.name = group.place();
    counts.barcodes = read_dataframe(group.child("obs")).index;
    const auto var = read_dataframe(group.child("var"));
    const auto ids = first_column(var, {"gene_ids", "gene_id"});
    const auto types = first_column(var, {"feature_types", "feature_type"});
    const auto intervals = first_column(var, {"interval"});
    for (std::size_t i = 0; i < var.size(); ++i)
        counts.features.push_back({ids.empty() || ids[i].empty() ? var.index[i] : ids[i], var.index[i],
                                   types.empty() ? "" : types[i], intervals.empty() ? "" : intervals[i]});
    counts.x = read_matrix(group.child("X"));
    if (!is_counts(counts.x) && group.has("layers") && group.child("layers").has("counts")) {
        counts.x = read_matrix(group.child("layers").child("counts"));
        counts.notes.push_back("X does not hold counts; layers/counts is taken");
    }
    if (counts.x.rows != static_cast<std::int64_t>(counts.barcodes.size()) ||
        counts.x.cols != static_cast<std::int64_t>(counts.features.size()))
        group.fail("its matrix is " + std::to_string(counts.x.rows) + " x " + std::to_string(counts.x.cols) +
                   ", but obs and var have " + std::to_string(counts.barcodes.size()) + " and " +
                   std::to_string(counts.features.size()) + " rows");
    return counts;
}

Hdf5Node modality(const Hdf5Node& root, FeatureKind kind) {
    const auto modalities = root.child("mod");
    const std::string wanted = kind == FeatureKind::Genes ? "rna" : "atac";
    if (modalities.has(wanted)) return modalities.child(wanted);
    if (kind == FeatureKind::Peaks && modalities.has("peaks")) return modalities.child("peaks");
    if (kind == FeatureKind::Genes && modalities.has("gex")) return modalities.child("gex");
    modalities.fail("has no modality '" + wanted + "' (but: " + join(modalities.members(), ", ") + ")",
                    "name it so");
}

FeatureCounts read_any(const fs::path& path, FeatureKind kind) {
    if (fs::is_directory(path)) return read_mex(path);
    const auto root = Hdf5Node::open_file(path);
    if (root.has("mod")) return read_anndata_counts(modality(root, kind));
    if (root.has("X") && root.has("obs") && root.has("var")) return read_anndata_counts(root);
    if (is_tenx_file(root)) return read_tenx(root);
    root.fail("is neither a 10x .h5 nor an .h5ad nor an .h5mu (it has: " + join(root.members(), ", ") + ")",
              "give one of these or a MEX folder");
}

}  // namespace

bool is_counts(const DoubleMatrix& matrix) {
    return std::all_of(matrix.values.begin(), matrix.values.end(),
                       [](double v) { return v >= 0 && v <= 0x7fffffff && v == std::floor(v); });
}

FeatureCounts keep_kind(FeatureCounts counts, FeatureKind kind) {
    const auto wanted = type_name(kind);
    std::vector<std::int32_t> new_column(counts.features.size(), -1);
    std::vector<Feature> kept;
    for (std::size_t i = 0; i < counts.features.size(); ++i) {
        auto& feature = counts.features[i];
        if (!feature.type.empty() && feature.type != wanted) continue;
        new_column[i] = static_cast<std::int32_t>(kept.size());
        kept.push_back(feature);
    }
    if (kept.empty())
        throw InputError(counts.name, "has no feature of type '" + std::string(wanted) + "'",
                         "give the file that holds them");
    if (kept.size() == counts.features.size()) return counts;
    counts.notes.push_back("dropped " +
                           with_commas(static_cast<std::int64_t>(counts.features.size() - kept.size())) +
                           " features that are not '" + std::string(wanted) + "'");
    counts.x = map_columns(counts.x, new_column, static_cast<std::int64_t>(kept.size()));
    counts.features = std::move(kept);
    return counts;
}

FeatureCounts read_feature_counts(const fs::path& path, FeatureKind kind) {
    auto counts = keep_kind(read_any(path, kind), kind);
    counts.name = path.string();
    if (counts.barcodes.empty()) throw InputError(counts.name, "has no cell", "give a matrix with cells");
    if (!is_counts(counts.x))
        throw InputError(counts.name, "its values are not counts (whole numbers from 0)",
                         "give the raw counts, in X or in layers['counts']");
    std::unordered_set<std::string_view> seen;
    for (const auto& barcode : counts.barcodes)
        if (!seen.insert(barcode).second)
            throw InputError(counts.name, "has the barcode '" + barcode + "' twice",
                             "make the barcodes unique");
    return counts;
}

}  // namespace epi
