#include "train/settings.hpp"

namespace epi {

const std::vector<std::string>& names_of(Schedule) {
    static const std::vector<std::string> names{"cosine", "reference"};
    return names;
}

const std::vector<std::string>& names_of(Init) {
    static const std::vector<std::string> names{"svd", "random"};
    return names;
}

const std::vector<std::string>& names_of(ClassWeights) {
    static const std::vector<std::string> names{"none", "balanced"};
    return names;
}

const std::vector<std::string>& names_of(Balance) {
    static const std::vector<std::string> names{"none", "cell_type", "sample", "batch", "donor", "tissue"};
    return names;
}

const std::vector<std::string>& names_of(Tune) {
    static const std::vector<std::string> names{"whole", "frozen", "lora"};
    return names;
}

const std::vector<std::string>& names_of(Keep) {
    static const std::vector<std::string> names{"best", "last"};
    return names;
}

const std::vector<std::string>& names_of(Precision) {
    static const std::vector<std::string> names{"auto", "float32", "bf16"};
    return names;
}

TrainSettings train_preset(std::string_view preset, std::string_view task) {
    const bool pretrain = task == "pretrain", cell_type = task == "cell-type";
    if (!pretrain && !cell_type && task != "expression")
        throw UsageError("--task", "there is no task '" + std::string(task) + "'",
                         "give cell-type or expression");
    TrainSettings settings;
    if (preset == "epifoundation" || preset == "imported") {
        settings.schedule = Schedule::Reference;
        settings.epochs = pretrain ? 150 : 100;
        settings.cells_per_batch = 8;
        settings.cell_type_loss = cell_type ? 1 : 0;
        settings.gene_loss = cell_type ? 0 : 1;
        return settings;
    }
    // Little data: short runs of small updates, the peak table moved slowly from where the SVD put it.
    settings.epochs = 12;
    settings.learning_rate = 1e-3;
    settings.min_learning_rate = 1e-5;
    settings.warmup = 0.1;
    settings.cells_per_update = 32;
    settings.tokens_per_batch = 16384;
    settings.peaks_per_cell = 256;
    settings.clip_norm = 1;
    settings.peak_learning_rate = 0.1;
    settings.init = Init::Svd;
    settings.gene_loss = cell_type ? 0.2 : 1;
    settings.cell_type_loss = cell_type ? 1 : 0;
    settings.label_smoothing = cell_type ? 0.05 : 0;
    return settings;
}

void check_train_settings(const TrainSettings& settings) {
    const auto require = [](bool holds, std::string_view option, std::string_view remedy) {
        if (!holds) throw UsageError(option, "the value is out of range", remedy);
    };
    require(settings.epochs >= 1, "--epochs", "give 1 or more");
    require(settings.learning_rate > 0, "--learning-rate", "give a number above 0");
    require(settings.min_learning_rate >= 0 && settings.min_learning_rate <= settings.learning_rate,
            "--min-learning-rate", "give 0 up to --learning-rate");
    require(settings.warmup >= 0 && settings.warmup <= 1, "--warmup", "give 0 to 1");
    require(settings.cells_per_update >= 1, "--cells-per-update", "give 1 or more");
    require(settings.cells_per_batch >= 0, "--cells-per-batch", "give 0 or more");
    require(settings.tokens_per_batch >= 1, "--tokens-per-batch", "give 1 or more");
    require(settings.peaks_per_cell >= 0, "--peaks-per-cell", "give 0 or more");
    require(settings.clip_norm >= 0, "--clip-norm", "give 0 or more");
    require(settings.weight_decay >= 0, "--weight-decay", "give 0 or more");
    require(settings.peak_learning_rate >= 0, "--peak-learning-rate", "give 0 or more");
    require(settings.svd_rank >= 1, "--svd-rank", "give 1 or more");
    require(settings.gene_svd_rank >= 1, "--gene-svd-rank", "give 1 or more");
    require(settings.gene_loss >= 0 && settings.cell_type_loss >= 0 &&
                settings.gene_loss + settings.cell_type_loss > 0,
            "--gene-loss, --cell-type-loss", "give weights of 0 or more, one of them above 0");
    require(settings.label_smoothing >= 0 && settings.label_smoothing < 1, "--label-smoothing",
            "give 0 to below 1");
    require(settings.lora_rank >= 1, "--lora-rank", "give 1 or more");
    require(settings.lora_alpha > 0, "--lora-alpha", "give a number above 0");
    require(settings.validate_every >= 1, "--validate-every", "give 1 or more");
    require(settings.patience >= 0, "--patience", "give 0 or more");
}

}  // namespace epi
