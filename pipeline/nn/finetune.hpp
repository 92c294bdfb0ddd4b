#pragma once
#include "pipeline/nn/training_run.hpp"

namespace epi {

struct FinetuneOptions : TrainingOptions {
    std::filesystem::path model;
    std::string task = "cell-type";  // or "expression"
};

// Trains a model further, on the cells of split "train" (all where the atlas is not split), watched on "val".
// cell-type: a new head for the cell types of the training cells (unlabelled cells stay out), calibrated on
// the validation cells. expression: a head for the binned counts. The preset of the model gives the settings.
// InputError: an atlas whose peak set or gene table is not the model's; no labelled training cell.
TrainingResult finetune(const FinetuneOptions& options, const RunContext& context);

}  // namespace epi
