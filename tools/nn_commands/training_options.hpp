#pragma once
#include "pipeline/nn/training_run.hpp"
#include "tools/command.hpp"

namespace epi {

// Declares what pretrain and finetune share: -o, --device, --resume, and one option per field of the preset.
void bind_training(CLI::App& app, TrainingOptions& options);

// One line for people about a training that ended.
void report_training(const TrainingOptions& options, const TrainingResult& result, const RunContext& context);

}  // namespace epi
