#include "pipeline/nn/cell_types.hpp"

#include "core/error.hpp"

namespace epi {

void require_cell_types(const ModelFolder& model, const std::filesystem::path& path) {
    if (!model.cell_types.empty() && model.task != "pretrain" && model.task != "expression") return;
    throw InputError(path.string(), "this model was not fine-tuned on cell types",
                     "run `epifoundry finetune ATLAS --model " + path.string() +
                         " --task cell-type` and give the model it writes");
}

std::vector<CellTypeVerdict> verdicts_of(const DenseMatrix& probabilities, const OpenPeaks& open,
                                         std::optional<double> min_confidence,
                                         const Calibration& calibration) {
    const double least = min_confidence.value_or(calibration.unassigned_below);
    std::vector<CellTypeVerdict> verdicts(probabilities.rows);
    for (std::size_t cell = 0; cell < verdicts.size(); ++cell) {
        auto& verdict = verdicts[cell];
        const auto peaks =
            static_cast<std::int64_t>(open.row_indices(static_cast<std::int64_t>(cell)).size());
        if (peaks == 0) {  // what the network says of nothing means nothing
            verdict.reason = "no open peaks";
            continue;
        }
        verdict.call = call_of(probabilities.row(cell));
        if (peaks < calibration.min_open_peaks)
            verdict.reason = "few open peaks";
        else if (verdict.call.confidence < least)
            verdict.reason = "low confidence";
    }
    return verdicts;
}

}  // namespace epi
