#pragma once
#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/run_context.hpp"
#include "model/network.hpp"
#include "train/adam.hpp"
#include "train/batch.hpp"
#include "train/cell_source.hpp"
#include "train/feed.hpp"
#include "train/process_group.hpp"
#include "train/settings.hpp"

namespace epi {

// Means over the genes and cells of an epoch or of the validation cells; NaN where there is nothing to
// average.
struct Scores {
    double gene_loss = 0, gene_accuracy = 0;  // accuracy: of the 50 : 50 sample, half for each side
    double cell_type_loss = 0, accuracy = 0, macro_f1 = 0;
    double loss = 0;  // weighted sum of both, what is minimised
};

struct EpochRecord {
    int epoch = 0;  // from 1
    std::int64_t updates = 0;
    double learning_rate = 0;  // of the last update
    Scores train, validation;
    bool validated = false, best = false;
};

// Trains a network on one list of cells and watches it on another (which may be empty). Every draw (order of
// cells, peaks, genes, dropout) follows from the seed and the position in the training, so that a training
// that is stopped, stored and restored ends with the same bits as one that was not.
//
// Several processes with the same arguments train one network: every update has the cells, losses and
// statistics that it has in one process (dropout draws other numbers), and all end with the same bits.
class Trainer {
  public:
    // The group outlives it.
    Trainer(Network& network, const TrainSettings& settings, GeneTask task, const CellSource& train,
            const CellSource& validation, std::uint64_t seed,
            const ProcessGroup& processes = ProcessGroup::none());

    // Trains to the end (or early stopping) and leaves the best weights in the network (by validation loss;
    // the last without validation cells), in evaluation mode. Calls `checkpoint` between updates, and
    // before Interrupted passes through. InputError naming the cell if the loss or its gradient is no number.
    // Every `checkpoint_seconds` (0: after every update) and at the end of every epoch. Of several processes,
    // only the first calls it; a stop asked of one of them stops all at the same update.
    void run(const RunContext& context, const std::function<void()>& checkpoint,
             double checkpoint_seconds = 300);

    const std::vector<EpochRecord>& log() const { return log_; }
    // Losses and accuracies on these cells with gene samples that never change.
    Scores evaluate(const CellSource& cells, const RunContext& context = {});
    // Whether run() threw Interrupted in all processes together, after the checkpoint.
    bool stopped_in_order() const { return stopped_in_order_; }
    // Share of the time of run() in which it waited for cells.
    double waiting_share() const { return waiting_share_; }

    // All that a continuation needs: tensors (to be stored exactly) and counters.
    NamedTensors tensors() const;
    nlohmann::ordered_json counters() const;
    // From what tensors() and counters() gave. InputError naming `place` where they do not fit.
    void restore(const std::map<std::string, torch::Tensor>& tensors, const nlohmann::ordered_json& counters,
                 std::string_view place);

  private:
    struct Sums {
        double gene_loss = 0, genes = 0, right = 0, expressed = 0, expressed_right = 0;
        double cell_type_loss = 0, cell_weight = 0;
        std::vector<std::int64_t> confusion;  // (cell types, cell types): truth by prediction

        std::array<double*, 7> numbers() {
            return {&gene_loss, &genes, &right, &expressed, &expressed_right, &cell_type_loss, &cell_weight};
        }
        void add(const Sums& other);
    };
    class Meter;
    void update(const UpdateCells& cells, std::int64_t updates_in_all);
    double train_on(std::span<const DrawnCell> batch, double genes, double types, Sums& sums);
    std::vector<double> weights_of(const UpdateCells& cells) const;
    std::shared_ptr<RowGradient> start_peak_gradient(std::span<const DrawnCell> cells) const;
    void add_up(Sums& sums) const;
    int asked_to_stop(const RunContext& context) const;
    void stop_if_asked(const RunContext& context, const std::function<void()>& checkpoint);
    void start_alike() const;
    std::vector<torch::Tensor> gradients(const RowGradient* of_peaks) const;
    void clip(std::span<const torch::Tensor> gradients, double norm) const;
    [[noreturn]] void report_no_number(std::span<const DrawnCell> cells) const;
    void add(Sums& sums, const Losses& losses) const;
    Scores scores(const Sums& sums) const;
    void end_epoch(const RunContext& context, Meter& meter);
    std::string epoch_line(const EpochRecord& record) const;
    void keep_best();
    bool wants_to_stop() const;

    Network& network_;
    TrainSettings settings_;
    GeneTask task_;
    const CellSource& train_;
    const CellSource& validation_;
    std::uint64_t seed_;
    const ProcessGroup& processes_;
    torch::Tensor class_weights_;
    Adam adam_;
    std::vector<double> rate_factors_;

    int epoch_ = 0;            // epochs ended
    std::int64_t update_ = 0;  // updates done in all
    int validations_since_best_ = 0;
    double best_loss_ = 0;
    double last_rate_ = 0, last_loss_ = 0;
    double waiting_share_ = 0;
    bool stopped_in_order_ = false;
    Sums epoch_sums_;
    std::vector<EpochRecord> log_;
    NamedTensors best_;
};

// The log as a table, as training.tsv holds it: `epoch updates learning_rate train_loss train_gene_loss
// train_gene_accuracy train_cell_type_loss train_accuracy train_macro_f1`, the same with `val_` ("nan" where
// there is nothing), and `best` (1 where the weights were kept).
std::vector<std::string> training_columns();
std::vector<std::string> training_row(const EpochRecord& record);

}  // namespace epi
