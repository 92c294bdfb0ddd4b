#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "embed/peak_mapping.hpp"
#include "pipeline/nn/model_folder.hpp"
#include "store/anndata.hpp"

namespace epi {

// Cells on a model's own peaks, ready to be embedded.
struct ModelInput {
    // index: names of the cells; columns sample batch donor tissue cell_type, those that any cell has.
    DataFrame obs;
    OpenPeaks open;                          // cells x the model's peaks
    std::vector<std::int64_t> batch;         // the model's number of each cell's batch; -1: one it never saw
    std::optional<MappingCoverage> mapping;  // of a file; nothing for an atlas, whose peaks are the model's
};

// Reads an atlas folder, an .h5mu or an .h5ad of cells x peaks. An atlas must have the model's own peaks and
// genes; a file on other peaks is mapped by overlap. InputError: another atlas than the model's; less than
// `min_mapped` of a file's open entries reach the model.
ModelInput read_model_input(const std::filesystem::path& path, const ModelFolder& model,
                            const std::filesystem::path& model_path, double min_mapped,
                            const RunContext& context);

// The open peaks of cells given on `peaks`, on the model's peaks; notes the coverage.
MappedCells onto_model(const OpenPeaks& cells, const IntervalSet& peaks, const ModelFolder& model,
                       double min_mapped, const std::filesystem::path& path, const RunContext& context);

// Of a coverage, for provenance.
nlohmann::ordered_json to_json(const MappingCoverage& coverage);

}  // namespace epi
