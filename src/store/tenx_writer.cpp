#include "store/tenx_writer.hpp"

#include "core/error.hpp"
#include "store/hdf5.hpp"

namespace epi {
namespace {

// What Cell Ranger notes of the file; readers look at none but the version.
void write_header(Hdf5Writer& writer, const FeatureCounts& counts) {
    writer.attribute("/", "filetype", "matrix");
    writer.attribute("/", "library_ids", std::vector<std::string>{counts.name});
    writer.attribute("/", "version", std::vector<std::int64_t>{2});
}

void write_features(Hdf5Writer& writer, const std::vector<Feature>& features, const std::string& genome) {
    std::vector<std::string> ids, names, types, intervals;
    for (const auto& feature : features) {
        ids.push_back(feature.id);
        names.push_back(feature.name);
        types.push_back(feature.type);
        intervals.push_back(feature.interval);
    }
    writer.make_group("/matrix/features");
    writer.texts("/matrix/features/_all_tag_keys", {"genome", "interval"});
    writer.texts("/matrix/features/feature_type", types);
    writer.texts("/matrix/features/genome", std::vector<std::string>(features.size(), genome));
    writer.texts("/matrix/features/id", ids);
    writer.texts("/matrix/features/interval", intervals);
    writer.texts("/matrix/features/name", names);
}

}  // namespace

void write_tenx_h5(const FeatureCounts& counts, const std::string& genome,
                   const std::filesystem::path& path) {
    check(is_counts(counts.x), "a 10x matrix holds counts");
    check(counts.x.rows == static_cast<std::int64_t>(counts.barcodes.size()) &&
              counts.x.cols == static_cast<std::int64_t>(counts.features.size()),
          "a 10x matrix as large as its barcodes and features");
    Hdf5Writer writer(path, path.string());
    write_header(writer, counts);
    writer.make_group("/matrix");
    writer.texts("/matrix/barcodes", counts.barcodes);
    writer.compressed("/matrix/data",
                      std::vector<std::int32_t>(counts.x.values.begin(), counts.x.values.end()));
    // Cells are the columns of the file: the rows here are its columns as they stand.
    writer.compressed("/matrix/indices",
                      std::vector<std::int64_t>(counts.x.indices.begin(), counts.x.indices.end()));
    writer.compressed("/matrix/indptr", counts.x.indptr);
    writer.array("/matrix/shape", std::vector<std::int32_t>{static_cast<std::int32_t>(counts.x.cols),
                                                            static_cast<std::int32_t>(counts.x.rows)});
    write_features(writer, counts.features, genome);
    writer.close();
}

}  // namespace epi
