#include "store/feature_counts.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "core/error.hpp"
#include "core/text.hpp"
#include "store/anndata_elements.hpp"
#include "store/matrix_rows.hpp"
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

FeatureSource open_anndata(const Hdf5Node& group, const ReadLimits& limits) {
    FeatureSource source;
    source.name = group.place();
    source.barcodes = read_dataframe(group.child("obs")).index;
    auto var = read_dataframe(group.child("var"));
    const auto ids = first_column(var, {"gene_ids", "gene_id"});
    const auto types = first_column(var, {"feature_types", "feature_type"});
    const auto intervals = first_column(var, {"interval"});
    source.features.resize(var.size());
    for (std::size_t i = 0; i < var.size(); ++i) {
        auto& feature = source.features[i];
        feature.id = ids.empty() || ids[i].empty() ? var.index[i] : ids[i];
        feature.name = std::move(var.index[i]);
        if (!types.empty()) feature.type = types[i];
        if (!intervals.empty()) feature.interval = intervals[i];
    }
    const auto open = [&](const Hdf5Node& node) {
        auto x = open_matrix(node, limits);
        if (x->rows() != static_cast<std::int64_t>(source.barcodes.size()) ||
            x->cols() != static_cast<std::int64_t>(source.features.size()))
            group.fail("its matrix is " + std::to_string(x->rows()) + " x " + std::to_string(x->cols()) +
                       ", but obs and var have " + std::to_string(source.barcodes.size()) + " and " +
                       std::to_string(source.features.size()) + " rows");
        return x;
    };
    source.x = open(group.child("X"));
    if (group.has("layers") && group.child("layers").has("counts"))
        source.counts_layer = open(group.child("layers").child("counts"));
    return source;
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

FeatureSource source_of(FeatureCounts counts) {
    return {std::move(counts.name),
            std::move(counts.barcodes),
            std::move(counts.features),
            held_rows(std::move(counts.x)),
            nullptr,
            std::move(counts.notes)};
}

FeatureSource open_any(const fs::path& path, FeatureKind kind, const ReadLimits& limits) {
    if (fs::is_directory(path)) return source_of(read_mex(path));
    const auto root = Hdf5Node::open_file(path);
    if (root.has("mod")) return open_anndata(modality(root, kind), limits);
    if (root.has("X") && root.has("obs") && root.has("var")) return open_anndata(root, limits);
    if (is_tenx_file(root)) return open_tenx(root, limits);
    root.fail("is neither a 10x .h5 nor an .h5ad nor an .h5mu (it has: " + join(root.members(), ", ") + ")",
              "give one of these or a MEX folder");
}

// Only the features of the kind, by their type; says in `notes` how many others were dropped.
void keep_kind(FeatureSource& source, FeatureKind kind) {
    const auto wanted = type_name(kind);
    const auto is_other = [&](const Feature& feature) {
        return !feature.type.empty() && feature.type != wanted;
    };
    if (!source.features.empty() && std::none_of(source.features.begin(), source.features.end(), is_other))
        return;
    std::vector<std::int32_t> new_column(source.features.size(), -1);
    std::vector<Feature> kept;
    for (std::size_t i = 0; i < source.features.size(); ++i) {
        auto& feature = source.features[i];
        if (is_other(feature)) continue;
        new_column[i] = static_cast<std::int32_t>(kept.size());
        kept.push_back(feature);
    }
    if (kept.empty())
        throw InputError(source.name, "has no feature of type '" + std::string(wanted) + "'",
                         "give the file that holds them");
    source.notes.push_back("dropped " +
                           with_commas(static_cast<std::int64_t>(source.features.size() - kept.size())) +
                           " features that are not '" + std::string(wanted) + "'");
    const auto cols = static_cast<std::int64_t>(kept.size());
    source.x = with_columns(std::move(source.x), new_column, cols);
    if (source.counts_layer)
        source.counts_layer = with_columns(std::move(source.counts_layer), new_column, cols);
    source.features = std::move(kept);
}

void check_barcodes(const FeatureSource& source) {
    if (source.barcodes.empty()) throw InputError(source.name, "has no cell", "give a matrix with cells");
    std::unordered_set<std::string_view> seen;
    for (const auto& barcode : source.barcodes)
        if (!seen.insert(barcode).second)
            throw InputError(source.name, "has the barcode '" + barcode + "' twice",
                             "make the barcodes unique");
}

// X held no counts: the layer instead, or an error.
void take_layer(FeatureSource& source) {
    if (source.counts_layer == nullptr)
        throw InputError(source.name, "its values are not counts (whole numbers from 0)",
                         "give the raw counts, in X or in layers['counts']");
    source.x = std::move(source.counts_layer);
    source.notes.emplace_back("X does not hold counts; layers/counts is taken");
}

}  // namespace

bool is_counts(const DoubleMatrix& matrix) {
    return std::all_of(matrix.values.begin(), matrix.values.end(),
                       [](double v) { return v >= 0 && v <= 0x7fffffff && v == std::floor(v); });
}

FeatureSource open_feature_counts(const fs::path& path, FeatureKind kind, const ReadLimits& limits) {
    auto source = open_any(path, kind, limits);
    keep_kind(source, kind);
    source.name = path.string();
    check_barcodes(source);
    return source;
}

MatrixScan scan_counts(FeatureSource& source, int threads) {
    auto found = scan(*source.x, threads);
    if (found.counts()) return found;
    take_layer(source);
    found = scan(*source.x, threads);
    if (!found.counts()) take_layer(source);  // there is no other
    return found;
}

FeatureCounts read_feature_counts(const fs::path& path, FeatureKind kind) {
    auto source = open_feature_counts(path, kind);
    FeatureCounts counts;
    counts.x = collect(*source.x);
    if (!is_counts(counts.x)) {
        take_layer(source);
        counts.x = collect(*source.x);
        if (!is_counts(counts.x)) take_layer(source);
    }
    counts.name = std::move(source.name);
    counts.barcodes = std::move(source.barcodes);
    counts.features = std::move(source.features);
    counts.notes = std::move(source.notes);
    return counts;
}

}  // namespace epi
