#pragma once
#include <nlohmann/json.hpp>
#include <vector>

#include "embed/cell_quality.hpp"
#include "embed/peak_mapping.hpp"
#include "io/provenance.hpp"
#include "pipeline/nn/annotate.hpp"
#include "pipeline/nn/model_folder.hpp"
#include "store/anndata.hpp"

namespace epi {

// The cells of a new sample on a model's peaks, with what was measured of them.
struct SampleCells {
    DataFrame obs;        // index: barcodes; columns: QC values
    DoubleMatrix counts;  // cells x the model's peaks: fragments, or 1 where open (counts mapped by overlap)
    OpenPeaks open;       // the same, binarised
    std::vector<CellQuality> quality;
    nlohmann::ordered_json summary;  // for annotate.json: kind of input, barcodes, coverage
};

// Reads `options.input`, adds what it reads to `provenance`.
SampleCells read_sample(const AnnotateOptions& options, const ModelFolder& model, Provenance& provenance,
                        const RunContext& context);

}  // namespace epi
