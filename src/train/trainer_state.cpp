// What a Trainer stores to be continued, and its log as a table.
#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "train/trainer.hpp"

namespace epi {
namespace {

// Doubles go through text that reads back exactly; JSON has no infinity or NaN.
nlohmann::ordered_json exact(double value) {
    return format_double(value);
}

double exact(const nlohmann::ordered_json& json) {
    const auto text = json.get<std::string>();
    if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (text == "inf") return std::numeric_limits<double>::infinity();
    return parse_number<double>(text).value();
}

nlohmann::ordered_json scores_to_json(const Scores& scores) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const double value : {scores.gene_loss, scores.gene_accuracy, scores.cell_type_loss, scores.accuracy,
                               scores.macro_f1, scores.loss})
        json.push_back(exact(value));
    return json;
}

Scores scores_from_json(const nlohmann::ordered_json& json) {
    return {exact(json.at(0)), exact(json.at(1)), exact(json.at(2)),
            exact(json.at(3)), exact(json.at(4)), exact(json.at(5))};
}

}  // namespace

NamedTensors Trainer::tensors() const {
    NamedTensors all;
    for (const auto& [name, tensor] : network_.state()) all.emplace_back("model." + name, tensor);
    for (const auto& [name, tensor] : adam_.state()) all.emplace_back(name, tensor);
    for (const auto& [name, tensor] : best_) all.emplace_back("best." + name, tensor);
    return all;
}

nlohmann::ordered_json Trainer::counters() const {
    nlohmann::ordered_json json;
    json["epoch"] = epoch_;
    json["update"] = update_;
    json["validations_since_best"] = validations_since_best_;
    json["best_loss"] = exact(best_loss_);
    json["last_rate"] = exact(last_rate_);
    auto sums = epoch_sums_;
    json["sums"] = nlohmann::ordered_json::array();
    for (const double* value : sums.numbers()) json["sums"].push_back(exact(*value));
    json["confusion"] = sums.confusion;
    json["log"] = nlohmann::ordered_json::array();
    for (const auto& record : log_)
        json["log"].push_back({{"epoch", record.epoch},
                               {"updates", record.updates},
                               {"learning_rate", exact(record.learning_rate)},
                               {"train", scores_to_json(record.train)},
                               {"validation", scores_to_json(record.validation)},
                               {"validated", record.validated},
                               {"best", record.best}});
    return json;
}

void Trainer::restore(const std::map<std::string, torch::Tensor>& tensors,
                      const nlohmann::ordered_json& counters, std::string_view place) {
    torch::NoGradGuard no_grad;
    const auto part = [&](const std::string& prefix) {
        std::map<std::string, torch::Tensor> chosen;
        for (const auto& [name, tensor] : tensors)
            if (name.starts_with(prefix)) chosen.emplace(name.substr(prefix.size()), tensor);
        return chosen;
    };
    const auto damaged = [&] {
        return InputError(place, "the checkpoint is damaged", "start the training anew with --force");
    };
    network_.load(part("model."), place);
    for (auto& [name, tensor] : adam_.state()) {
        const auto found = tensors.find(name);
        if (found == tensors.end() || found->second.sizes() != tensor.sizes()) throw damaged();
        tensor.copy_(found->second);
    }
    best_.clear();
    for (const auto& [name, tensor] : part("best.")) best_.emplace_back(name, tensor.to(network_.device()));
    try {
        epoch_ = counters.at("epoch");
        update_ = counters.at("update");
        validations_since_best_ = counters.at("validations_since_best");
        best_loss_ = exact(counters.at("best_loss"));
        last_rate_ = exact(counters.at("last_rate"));
        const auto sums = epoch_sums_.numbers();
        for (std::size_t i = 0; i < std::size(sums); ++i) *sums[i] = exact(counters.at("sums").at(i));
        const auto confusion = counters.at("confusion").get<std::vector<std::int64_t>>();
        if (confusion.size() != epoch_sums_.confusion.size()) throw damaged();
        epoch_sums_.confusion = confusion;
        log_.clear();
        for (const auto& entry : counters.at("log"))
            log_.push_back({entry.at("epoch"), entry.at("updates"), exact(entry.at("learning_rate")),
                            scores_from_json(entry.at("train")), scores_from_json(entry.at("validation")),
                            entry.at("validated"), entry.at("best")});
    } catch (const nlohmann::json::exception&) {
        throw damaged();
    }
}

std::vector<std::string> training_columns() {
    std::vector<std::string> columns{"epoch", "updates", "learning_rate"};
    for (const char* side : {"train_", "val_"})
        for (const char* value :
             {"loss", "gene_loss", "gene_accuracy", "cell_type_loss", "accuracy", "macro_f1"})
            columns.push_back(std::string(side) + value);
    columns.push_back("best");
    return columns;
}

std::vector<std::string> training_row(const EpochRecord& record) {
    std::vector<std::string> row{std::to_string(record.epoch), std::to_string(record.updates),
                                 format_double(record.learning_rate)};
    for (const auto* scores : {&record.train, &record.validation})
        for (const double value : {scores->loss, scores->gene_loss, scores->gene_accuracy,
                                   scores->cell_type_loss, scores->accuracy, scores->macro_f1})
            row.push_back(scores == &record.validation && !record.validated ? "nan" : format_double(value));
    row.push_back(record.best ? "1" : "0");
    return row;
}

}  // namespace epi
