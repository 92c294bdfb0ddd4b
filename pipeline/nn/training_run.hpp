#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "core/run_context.hpp"
#include "pipeline/nn/model_folder.hpp"
#include "train/trainer.hpp"

namespace epi {

// What pretrain and finetune have in common on the command line.
struct TrainingOptions {
    std::filesystem::path atlas;
    std::filesystem::path output;
    // Fields of ModelConfig and TrainSettings that differ from the preset, by name.
    std::map<std::string, std::string> fields;
    std::string where;  // a CellFilter: the cells to train and validate on
    std::string device = "cpu";
    double checkpoint_seconds = 300;  // from one checkpoint to the next; 0: after every update
    bool deterministic = false;       // on a CUDA card: the same bits again
    bool resume = false;
};

struct TrainingResult {
    std::vector<EpochRecord> log;
    bool nothing_left = false;  // --resume of a training that had ended
    bool first = true;          // of several processes, the one that talks to people
};

// A training as files: `output` is a model folder that lacks DONE while it is trained and holds
// checkpoint/state.safetensors; at the end it gets training.tsv and the model, the checkpoint goes.
// Of several processes, only the first writes.
class TrainingRun {
  public:
    // `identity` says what is trained, by what, on what: a checkpoint is only continued under the same.
    // UsageError in all processes if the output exists and neither --resume nor --force is given.
    TrainingRun(const TrainingOptions& options, nlohmann::ordered_json identity, ProcessGroup& processes,
                const RunContext& context);

    // True if --resume found a finished model: nothing is left to do.
    bool finished() const { return finished_; }
    // The result then; the processes part.
    TrainingResult nothing_left() const;
    // True if --resume will continue a checkpoint (a start from data would be thrown away).
    bool continues() const { return continues_; }
    // Trains the model's network, from the checkpoint if there is one.
    void train(Trainer& trainer);
    // Writes the model and removes the checkpoint; the processes part.
    void finish(const ModelFolder& model, const Trainer& trainer);

  private:
    void make_room() const;
    void look_for_checkpoint();
    void save(const Trainer& trainer) const;
    void write(const ModelFolder& model, const Trainer& trainer) const;
    void check_identity(const std::string& stored) const;
    void write_log(const Trainer& trainer) const;

    std::filesystem::path output_, state_;
    double checkpoint_seconds_;
    nlohmann::ordered_json identity_;
    ProcessGroup& processes_;
    const RunContext& context_;
    bool finished_ = false, continues_ = false;
};

// Prepares the device, joins the processes that the launcher of this one started, if any, and trains with
// them; only the first gets a context that talks to people. What LibTorch throws becomes an Error.
TrainingResult train_together(
    const TrainingOptions& options, const RunContext& context,
    const std::function<TrainingResult(ProcessGroup& processes, const RunContext& context)>& train);

// Sets `fields` in the two structs; InternalError for a name neither has.
void apply_fields(const std::map<std::string, std::string>& fields, ModelConfig& config,
                  TrainSettings& settings);

// The chromosomes of peaks and genes in order of appearance, as long as the features on them reach.
Chromosomes chromosomes_of(const IntervalSet& peaks, const GeneTable& genes);

// Runs `action`; what LibTorch throws becomes a ResourceError (memory, device) or an InternalError.
void with_torch_errors(const std::function<void()>& action);

}  // namespace epi
