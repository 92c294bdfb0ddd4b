#include "store/tenx_reader.hpp"

#include "core/text.hpp"

namespace epi {
namespace {

std::vector<std::string> genome_groups(const Hdf5Node& root) {
    std::vector<std::string> names;
    for (const auto& name : root.members()) {
        const auto member = root.child(name);
        if (member.is_group() && member.has("genes") && member.has("barcodes") && member.has("indptr"))
            names.push_back(name);
    }
    return names;
}

std::vector<std::string> texts_of_length(const Hdf5Node& node, std::size_t length) {
    auto texts = node.read_texts();
    if (texts.size() != length)
        node.fail("has " + std::to_string(texts.size()) + " values where " + std::to_string(length) +
                  " are expected");
    return texts;
}

// The matrix of a group whose shape is (features, barcodes), compressed by barcode: rows are barcodes.
void read_cells(const Hdf5Node& group, FeatureSource& source, const ReadLimits& limits) {
    const auto shape = group.child("shape").read<std::int64_t>();
    constexpr std::int64_t kMost = 0x7fffffff;
    if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0 || shape[0] > kMost || shape[1] > kMost)
        group.child("shape").fail("two numbers, features and barcodes, are expected");
    source.barcodes = texts_of_length(group.child("barcodes"), static_cast<std::size_t>(shape[1]));
    source.x = open_compressed_rows(group, shape[1], shape[0], limits);
    source.features.resize(static_cast<std::size_t>(shape[0]));
}

void read_into(const Hdf5Node& group, const char* name, std::vector<Feature>& features,
               std::string Feature::*field) {
    const auto texts = texts_of_length(group.child(name), features.size());
    for (std::size_t i = 0; i < features.size(); ++i) features[i].*field = texts[i];
}

}  // namespace

bool is_tenx_file(const Hdf5Node& root) {
    if (root.has("matrix") && root.child("matrix").is_group()) return root.child("matrix").has("barcodes");
    return !root.has("X") && !root.has("mod") && !genome_groups(root).empty();
}

FeatureSource open_tenx(const Hdf5Node& root, const ReadLimits& limits) {
    FeatureSource source;
    source.name = root.place();
    if (root.has("matrix")) {
        const auto group = root.child("matrix");
        read_cells(group, source, limits);
        const auto features = group.child("features");
        read_into(features, "id", source.features, &Feature::id);
        read_into(features, "name", source.features, &Feature::name);
        if (features.has("feature_type"))
            read_into(features, "feature_type", source.features, &Feature::type);
        if (features.has("interval")) read_into(features, "interval", source.features, &Feature::interval);
        return source;
    }
    const auto genomes = genome_groups(root);
    if (genomes.size() != 1)
        root.fail("holds several genomes (" + join(genomes, ", ") + ")", "give a file with one genome");
    const auto group = root.child(genomes[0]);
    read_cells(group, source, limits);
    read_into(group, "genes", source.features, &Feature::id);
    read_into(group, "gene_names", source.features, &Feature::name);
    return source;
}

}  // namespace epi
