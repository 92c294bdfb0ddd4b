#pragma once
#include <filesystem>
#include <string>

#include "store/feature_counts.hpp"

namespace epi {

// Writes cells x features as a 10x Genomics feature-barcode matrix .h5, version 3 as Cell Ranger ARC makes
// it: /matrix with barcodes, data, indices, indptr, shape (features x barcodes, one column per barcode) and
// features (id, name, feature_type, genome, interval). Chunked and gzip-compressed; the same bytes for the
// same content. Values must be counts (is_counts). Not atomic.
void write_tenx_h5(const FeatureCounts& counts, const std::string& genome, const std::filesystem::path& path);

}  // namespace epi
