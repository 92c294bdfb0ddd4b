#pragma once
#include "pipeline/nn/training_run.hpp"

namespace epi {

struct PretrainOptions : TrainingOptions {
    std::string preset = "small";
};

// Trains a network to say which genes a cell expresses from its open peaks: on the cells of split "train"
// (all where the atlas is not split), watched on "val"; never on "test". Writes a model folder. InputError:
// an atlas without RNA.
TrainingResult pretrain(const PretrainOptions& options, const RunContext& context);

}  // namespace epi
