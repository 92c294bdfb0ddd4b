#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/matrix_rows.hpp"

namespace epi {

enum class FeatureKind { Genes, Peaks };

struct Feature {
    std::string id, name;  // "ENSG00000186092", "OR4F5"; of peaks both are "chr1:9790-10675"
    std::string type;      // "Gene Expression", "Peaks"; empty where the file does not say
    std::string interval;  // "chr1:65418-71585"; empty where the file does not say
};

// Cells x features of one kind, as found in a file.
struct FeatureCounts {
    std::string name;  // of the file, for messages
    std::vector<std::string> barcodes;
    std::vector<Feature> features;
    DoubleMatrix x;
    std::vector<std::string> notes;  // what was dropped or chosen, for people
};

// Reads the features of one kind out of a 10x .h5 (version 2 and 3, CellBender's too), a MEX folder (Cell
// Ranger, ARC, ATAC), an .h5ad or an .h5mu, told apart by content. A file that does not say which kind its
// features are is taken to hold the kind asked for. Where X of an .h5ad does not hold counts,
// layers["counts"] is taken, and said so. InputError: none of these; malformed; no feature of the kind;
// values that are not whole numbers from 0 to 2^31 - 1; no cell; a barcode twice.
FeatureCounts read_feature_counts(const std::filesystem::path& path, FeatureKind kind);

// The same, with a matrix that is read in blocks (of a MEX folder it is held).
struct FeatureSource {
    std::string name;
    std::vector<std::string> barcodes;
    std::vector<Feature> features;
    std::unique_ptr<MatrixRows> x;
    std::unique_ptr<MatrixRows> counts_layer;  // null where there is none
    std::vector<std::string> notes;
};
FeatureSource open_feature_counts(const std::filesystem::path& path, FeatureKind kind,
                                  const ReadLimits& limits = {});
// Looks at all values, and takes the layer where X holds no counts. InputError: neither does.
MatrixScan scan_counts(FeatureSource& source, int threads = 1);

// True if every value is a whole number from 0 to 2^31 - 1.
bool is_counts(const DoubleMatrix& matrix);

}  // namespace epi
