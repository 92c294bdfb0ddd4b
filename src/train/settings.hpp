#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model/fields.hpp"

namespace epi {

// Cosine: linear warm-up, then one cosine down to min_learning_rate, stepped at every update. Reference: the
// paper's cosine with warm restarts, stepped once per epoch (its cycle lengths and factors are fixed).
enum class Schedule { Cosine, Reference };
// How peak embeddings start. Svd: from the loadings of an SVD of the TF-IDF of training cells, so that the
// mean of a cell's peaks is its LSI before anything is learned.
enum class Init { Svd, Random };
enum class ClassWeights { None, Balanced };
// Which value of a column comes equally often among the cells of an epoch, however rare it is.
enum class Balance { None, CellType, Sample, Batch, Donor, Tissue };
// What fine-tuning moves. Whole: every tensor. Frozen: the head of the task, all others stay to the bit.
// Lora: the head, and a low-rank addition to the attention projections, which ends as part of them.
enum class Tune { Whole, Frozen, Lora };
// Which weights a training ends with: the best by validation loss, or the last.
enum class Keep { Best, Last };
// Auto: bf16 where the device is made for it (CUDA), float32 on a CPU. Bf16: products of matrices and
// attention in bf16, all else in float32, as the reference's autocast.
enum class Precision { Auto, Float32, Bf16 };

const std::vector<std::string>& names_of(Schedule);
const std::vector<std::string>& names_of(Init);
const std::vector<std::string>& names_of(ClassWeights);
const std::vector<std::string>& names_of(Balance);
const std::vector<std::string>& names_of(Tune);
const std::vector<std::string>& names_of(Keep);
const std::vector<std::string>& names_of(Precision);

// How a network is trained; a preset has one for pretraining and one for fine-tuning.
struct TrainSettings {
    int epochs = 150;
    double learning_rate = 1e-4;
    double min_learning_rate = 1e-6;
    Schedule schedule = Schedule::Cosine;
    double warmup = 0.05;
    int cells_per_update = 1280;
    int cells_per_batch = 0;
    int tokens_per_batch = 65536;
    int peaks_per_cell = 0;
    double clip_norm = 100;
    double weight_decay = 0;
    double peak_learning_rate = 1;
    Init init = Init::Random;
    int svd_rank = 64;
    int gene_svd_rank = 16;
    double gene_loss = 1;
    double cell_type_loss = 0;
    double label_smoothing = 0;
    ClassWeights class_weights = ClassWeights::None;
    Balance balance = Balance::None;
    Tune tune = Tune::Whole;
    int lora_rank = 8;
    double lora_alpha = 16;
    Precision precision = Precision::Auto;
    Keep keep = Keep::Best;
    int validate_every = 1;
    int patience = 0;
};

template <class Visit>
void visit_fields(TrainSettings& settings, Visit&& visit) {
    visit("epochs", settings.epochs, "Passes over the training cells");
    visit("learning_rate", settings.learning_rate, "Highest learning rate of Adam");
    visit("min_learning_rate", settings.min_learning_rate, "Lowest learning rate");
    visit("schedule", settings.schedule,
          "cosine (warm-up, one cosine) or reference (warm restarts per epoch)");
    visit("warmup", settings.warmup, "Share of all updates in which the learning rate rises (cosine)");
    visit("cells_per_update", settings.cells_per_update, "Cells whose gradients make one update");
    visit("cells_per_batch", settings.cells_per_batch,
          "Cells computed at once, whose mean losses count alike (the reference: 8); 0: by tokens_per_batch, "
          "and "
          "every gene of the update counts alike");
    visit("tokens_per_batch", settings.tokens_per_batch, "Peak tokens computed at once; bounds memory");
    visit("peaks_per_cell", settings.peaks_per_cell,
          "Open peaks drawn from a cell at each step (0: all, up to max_peaks); evaluation uses all");
    visit("clip_norm", settings.clip_norm, "Gradients longer than this are shortened to it (0: never)");
    visit("weight_decay", settings.weight_decay, "Decoupled weight decay (AdamW)");
    visit("peak_learning_rate", settings.peak_learning_rate,
          "Factor on the learning rate of peak embeddings");
    visit("init", settings.init,
          "Start of peak and gene embeddings: svd of the training matrices, or random");
    visit("svd_rank", settings.svd_rank, "Components of that SVD");
    visit("gene_svd_rank", settings.gene_svd_rank, "Components of the same start for genes");
    visit("gene_loss", settings.gene_loss, "Weight of the gene loss");
    visit("cell_type_loss", settings.cell_type_loss, "Weight of the cell type loss");
    visit("label_smoothing", settings.label_smoothing,
          "Share of a label's weight spread over all cell types");
    visit("class_weights", settings.class_weights, "Weights of cell types in the loss: none, or balanced");
    visit("balance", settings.balance, "Draw each value of this column equally often in an epoch");
    visit("tune", settings.tune,
          "finetune: move the whole network, only the task's head (frozen), or the head and a low-rank "
          "addition "
          "to the attention projections (lora)");
    visit("lora_rank", settings.lora_rank, "Rank of that addition");
    visit("lora_alpha", settings.lora_alpha, "Its factor, divided by the rank");
    visit("precision", settings.precision,
          "Of matrix products: float32, bf16, or auto (bf16 on CUDA, float32 on a CPU)");
    visit("keep", settings.keep, "Weights to end with: the best by validation loss, or the last");
    visit("validate_every", settings.validate_every, "Epochs from one validation to the next");
    visit("patience", settings.patience, "Stop after so many validations without a better one (0: never)");
}

// Of a preset, for "pretrain", "cell-type" or "expression". UsageError for others.
TrainSettings train_preset(std::string_view preset, std::string_view task);

// UsageError naming the option that makes no sense.
void check_train_settings(const TrainSettings& settings);

}  // namespace epi
