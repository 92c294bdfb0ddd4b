#include "train/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "core/text.hpp"
#include "train/schedule.hpp"

namespace epi {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kCheckpointEvery = std::chrono::minutes(5);
// Streams of random numbers, apart from each other.
constexpr std::uint64_t kOrderStream = 1, kDrawStream = 2, kDropoutStream = 3, kValidationStream = 4;

torch::Tensor balanced_weights(const CellSource& cells, std::int64_t cell_types, torch::Device device) {
    std::vector<double> count(static_cast<std::size_t>(cell_types));
    double labelled = 0, present = 0;
    for (std::int64_t i = 0; i < cells.size(); ++i)
        if (const auto type = cells.cell_type(i); type >= 0) {
            if (count[static_cast<std::size_t>(type)]++ == 0) ++present;
            ++labelled;
        }
    std::vector<float> weights;
    for (const double n : count)
        weights.push_back(n > 0 ? static_cast<float>(labelled / (present * n)) : 0.0F);
    return torch::tensor(weights).to(device);
}

bool is_encoder(const std::string& name) {
    for (const char* prefix : {"atac_emb.", "chr_emb.", "encoder.", "norm.", "bn_atac."})
        if (name.starts_with(prefix)) return true;
    return false;
}

}  // namespace

Trainer::Trainer(Network& network, const TrainSettings& settings, GeneTask task, const CellSource& train,
                 const CellSource& validation, std::uint64_t seed)
    : network_(network),
      settings_(settings),
      task_(task),
      train_(train),
      validation_(validation),
      seed_(seed),
      adam_(network.parameters()) {
    check_train_settings(settings);
    best_loss_ = std::numeric_limits<double>::infinity();
    if (settings.class_weights == ClassWeights::Balanced && network.config().cell_types > 0)
        class_weights_ = balanced_weights(train, network.config().cell_types, network.device());
    for (const auto& [name, parameter] : network.parameters())
        rate_factors_.push_back(name == "atac_emb.embedding.weight" ? settings.peak_learning_rate : 1.0);
    const auto types = static_cast<std::size_t>(network.config().cell_types);
    epoch_sums_.confusion.resize(types * types);
    if (settings.freeze_encoder) freeze();
}

void Trainer::freeze() {
    network_.keep_encoder(true);
    for (const auto& [name, parameter] : network_.parameters())
        parameter.set_requires_grad(!is_encoder(name));
}

std::int64_t Trainer::updates_per_epoch() const {
    const std::int64_t cells = settings_.cells_per_update;
    return (train_.size() + cells - 1) / cells;
}

std::vector<DrawnCell> Trainer::draw_update(const std::vector<std::int64_t>& order,
                                            std::int64_t first) const {
    const auto limit = network_.config().max_peaks - 1;
    const auto peaks = settings_.peaks_per_cell > 0 ? std::min(settings_.peaks_per_cell, limit) : limit;
    std::vector<DrawnCell> cells;
    const auto end = std::min(first + settings_.cells_per_update, train_.size());
    for (auto i = first; i < end; ++i) {
        const auto cell = order[static_cast<std::size_t>(i)];
        const auto stream = mix(mix(seed_, kDrawStream),
                                mix(static_cast<std::uint64_t>(epoch_), static_cast<std::uint64_t>(cell)));
        cells.push_back(
            draw_cell(train_, cell, static_cast<std::size_t>(peaks), network_.config(), task_, stream));
    }
    // Cells of one length share an attention call.
    std::stable_sort(cells.begin(), cells.end(),
                     [](const DrawnCell& a, const DrawnCell& b) { return a.peaks.size() < b.peaks.size(); });
    return cells;
}

void Trainer::report_no_number(const std::vector<DrawnCell>& cells) const {
    torch::NoGradGuard no_grad;
    std::string which = "cells " + train_.name(cells.front().cell) + " to " + train_.name(cells.back().cell);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto losses =
            losses_of(network_, std::span(cells).subspan(i, 1), settings_, task_, class_weights_);
        for (const auto& loss : {losses.gene, losses.cell_type})
            if (loss.defined() && !std::isfinite(loss.item<double>()))
                which = "cell " + train_.name(cells[i].cell);
    }
    throw InputError("update " + std::to_string(update_ + 1), "the loss is no number at " + which,
                     "lower --learning-rate or --clip-norm; the last checkpoint is kept");
}

void Trainer::clip() const {
    torch::NoGradGuard no_grad;
    if (settings_.clip_norm <= 0) return;
    std::vector<torch::Tensor> gradients;
    for (const auto& [name, parameter] : network_.parameters())
        if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    const double norm = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
    if (norm > settings_.clip_norm) at::_foreach_mul_(gradients, settings_.clip_norm / (norm + 1e-6));
}

void Trainer::update(std::vector<DrawnCell> cells, std::int64_t updates_in_all) {
    last_rate_ = learning_rate_at(settings_, update_, updates_in_all, epoch_);
    double genes = 0, cell_weight = 0;
    for (const auto& cell : cells) {
        genes += static_cast<double>(cell.genes.size());
        if (cell.cell_type >= 0)
            cell_weight += class_weights_.defined() ? class_weights_[cell.cell_type].item<double>() : 1.0;
    }
    // Seeded per update: dropout needs no state of its own to be continued.
    at::manual_seed(mix(mix(seed_, kDropoutStream), static_cast<std::uint64_t>(update_)));
    network_.set_training(true);
    adam_.zero_grad();
    std::size_t begin = 0;
    for (const auto end : token_groups(cells, settings_.tokens_per_batch)) {
        const auto losses = losses_of(network_, std::span(cells).subspan(begin, end - begin), settings_,
                                      task_, class_weights_);
        begin = end;
        torch::Tensor total;
        const auto add_term = [&](const torch::Tensor& sum, double weight, double of) {
            if (!sum.defined() || weight == 0 || of == 0) return;
            const auto term = sum * (weight / of);
            total = total.defined() ? total + term : term;
        };
        add_term(losses.gene, settings_.gene_loss, genes);
        add_term(losses.cell_type, settings_.cell_type_loss, cell_weight);
        add(epoch_sums_, losses);
        if (!total.defined() || !total.requires_grad()) continue;
        if (!std::isfinite(total.item<double>())) report_no_number(cells);
        total.backward();
    }
    clip();
    adam_.step(last_rate_, settings_.weight_decay, rate_factors_);
    ++update_;
}

void Trainer::add(Sums& sums, const Losses& losses) const {
    if (losses.gene.defined()) sums.gene_loss += losses.gene.item<double>();
    sums.genes += losses.genes;
    sums.right += losses.genes_right;
    sums.expressed += losses.genes_expressed;
    sums.expressed_right += losses.genes_expressed_right;
    if (losses.cell_type.defined()) sums.cell_type_loss += losses.cell_type.item<double>();
    sums.cell_weight += losses.cell_weight;
    for (const auto& [truth, predicted] : losses.predicted)
        ++sums.confusion[static_cast<std::size_t>(truth * network_.config().cell_types + predicted)];
}

Scores Trainer::scores(const Sums& sums) const {
    const auto ratio = [](double a, double b) {
        return b > 0 ? a / b : std::numeric_limits<double>::quiet_NaN();
    };
    Scores result;
    result.gene_loss = ratio(sums.gene_loss, sums.genes);
    const double silent = sums.genes - sums.expressed;
    result.gene_accuracy =
        (ratio(sums.expressed_right, sums.expressed) + ratio(sums.right - sums.expressed_right, silent)) / 2;
    result.cell_type_loss = ratio(sums.cell_type_loss, sums.cell_weight);
    const auto types = static_cast<std::size_t>(network_.config().cell_types);
    double right = 0, all = 0, f1 = 0, present = 0;
    for (std::size_t t = 0; t < types; ++t) {
        double truth = 0, predicted = 0;
        for (std::size_t other = 0; other < types; ++other) {
            truth += static_cast<double>(sums.confusion[t * types + other]);
            predicted += static_cast<double>(sums.confusion[other * types + t]);
        }
        const auto hits = static_cast<double>(sums.confusion[t * types + t]);
        right += hits;
        all += truth;
        if (truth == 0) continue;
        ++present;
        f1 += 2 * hits / (truth + predicted);
    }
    result.accuracy = ratio(right, all);
    result.macro_f1 = ratio(f1, present);
    if (settings_.gene_loss > 0 && sums.genes > 0) result.loss += settings_.gene_loss * result.gene_loss;
    if (settings_.cell_type_loss > 0 && sums.cell_weight > 0)
        result.loss += settings_.cell_type_loss * result.cell_type_loss;
    return result;
}

Scores Trainer::evaluate(const CellSource& cells) {
    torch::NoGradGuard no_grad;
    network_.set_training(false);
    Sums sums;
    sums.confusion.resize(epoch_sums_.confusion.size());
    const auto peaks = static_cast<std::size_t>(network_.config().max_peaks - 1);
    std::vector<DrawnCell> group;
    std::int64_t tokens = 0;
    const auto flush = [&] {
        if (!group.empty()) add(sums, losses_of(network_, group, settings_, task_, class_weights_));
        group.clear();
        tokens = 0;
    };
    for (std::int64_t i = 0; i < cells.size(); ++i) {
        group.push_back(draw_cell(cells, i, peaks, network_.config(), task_,
                                  mix(mix(seed_, kValidationStream), static_cast<std::uint64_t>(i))));
        tokens += static_cast<std::int64_t>(group.back().peaks.size()) + 1;
        if (tokens >= settings_.tokens_per_batch) flush();
    }
    flush();
    return scores(sums);
}

void Trainer::keep_best() {
    torch::NoGradGuard no_grad;
    best_.clear();
    for (const auto& [name, tensor] : network_.state()) best_.emplace_back(name, tensor.detach().clone());
}

bool Trainer::wants_to_stop() const {
    return settings_.patience > 0 && validations_since_best_ >= settings_.patience;
}

void Trainer::end_epoch(const RunContext& context) {
    EpochRecord record;
    record.epoch = ++epoch_;
    record.updates = update_;
    record.learning_rate = last_rate_;
    record.train = scores(epoch_sums_);
    const auto confusion = epoch_sums_.confusion.size();
    epoch_sums_ = {};
    epoch_sums_.confusion.resize(confusion);
    const bool last = epoch_ == settings_.epochs;
    if (validation_.size() > 0 && (last || epoch_ % settings_.validate_every == 0)) {
        record.validation = evaluate(validation_);
        record.validated = true;
        record.best = record.validation.loss < best_loss_;
        validations_since_best_ = record.best ? 0 : validations_since_best_ + 1;
        if (record.best) {
            best_loss_ = record.validation.loss;
            keep_best();
        }
    }
    log_.push_back(record);
    std::string line = "epoch " + std::to_string(epoch_) + "/" + std::to_string(settings_.epochs) +
                       ": loss " + format_fixed(record.train.loss, 4) + ", learning rate " +
                       format_double(last_rate_);
    if (record.validated) {
        line += ", validation loss " + format_fixed(record.validation.loss, 4);
        if (std::isfinite(record.validation.accuracy) && settings_.cell_type_loss > 0)
            line += ", accuracy " + format_fixed(record.validation.accuracy, 3);
        if (std::isfinite(record.validation.gene_accuracy))
            line += ", gene accuracy " + format_fixed(record.validation.gene_accuracy, 3);
    }
    context.note(line);
}

void Trainer::run(const RunContext& context, const std::function<void()>& checkpoint) {
    if (train_.size() == 0)
        throw InputError("atlas", "has no cell to train on", "check the split and the labels");
    const auto per_epoch = updates_per_epoch();
    const auto total_cells =
        static_cast<std::uint64_t>(settings_.epochs) * static_cast<std::uint64_t>(train_.size());
    auto saved = Clock::now();
    while (epoch_ < settings_.epochs && !wants_to_stop()) {
        std::vector<std::int64_t> order(static_cast<std::size_t>(train_.size()));
        std::iota(order.begin(), order.end(), 0);
        Rng rng(mix(mix(seed_, kOrderStream), static_cast<std::uint64_t>(epoch_)));
        rng.shuffle(order);
        while (update_ < (epoch_ + 1) * per_epoch) {
            if (context.stop != nullptr && context.stop->load() != 0) {
                checkpoint();
                context.check_stop();
            }
            const auto first = (update_ - epoch_ * per_epoch) * settings_.cells_per_update;
            update(draw_update(order, first), per_epoch * settings_.epochs);
            const auto done =
                static_cast<std::uint64_t>(epoch_) * static_cast<std::uint64_t>(train_.size()) +
                static_cast<std::uint64_t>(std::min(first + settings_.cells_per_update, train_.size()));
            context.update("cells", done, total_cells);
            if (Clock::now() - saved < kCheckpointEvery) continue;
            checkpoint();
            saved = Clock::now();
        }
        end_epoch(context);
    }
    if (!best_.empty()) network_.load({best_.begin(), best_.end()}, "best weights");
    network_.set_training(false);
}

}  // namespace epi
