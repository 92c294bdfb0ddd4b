#include "train/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "core/text.hpp"
#include "train/gradients.hpp"
#include "train/schedule.hpp"
#include "train/streams.hpp"

namespace epi {
namespace {

using Clock = std::chrono::steady_clock;

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

bool is_trained(const std::string& name, const TrainSettings& settings, GeneTask task) {
    if (settings.tune == Tune::Whole) return true;
    if (name.find(".lora_") != std::string::npos) return settings.tune == Tune::Lora;
    if (name.starts_with("cls_decoder.")) return settings.cell_type_loss > 0;
    return task == GeneTask::Level && name.starts_with("value_decoder.");
}

// The parameters that move, which alone take gradients and moments.
NamedTensors trained(Network& network, const TrainSettings& settings, GeneTask task) {
    check_train_settings(settings);
    network.keep_statistics(settings.tune != Tune::Whole);
    NamedTensors chosen;
    for (const auto& [name, parameter] : network.parameters()) {
        parameter.set_requires_grad(is_trained(name, settings, task));
        if (parameter.requires_grad()) chosen.emplace_back(name, parameter);
    }
    return chosen;
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

// Tells people how a training goes.
class Trainer::Meter {
  public:
    // `total`: the cells that this run has to train on, epoch after epoch.
    Meter(const RunContext& context, const UpdateFeed& feed, std::int64_t total)
        : context_(context), feed_(feed), total_(total) {}

    void count(const UpdateCells& cells, int epoch, double loss, double rate) {
        cells_ += cells.all_cells;
        tokens_ += cells.all_tokens;
        done_ += cells.all_cells;
        context_.update("cells", static_cast<std::uint64_t>(done_), static_cast<std::uint64_t>(total_));
        if (seconds_since(told_) < kTellEvery) return;
        told_ = Clock::now();
        const double left =
            seconds_since(begun_) / static_cast<double>(done_) * static_cast<double>(total_ - done_);
        context_.note("epoch " + std::to_string(epoch + 1) + ", loss " + format_fixed(loss, 4) +
                      ", learning rate " + format_short(rate) + speed() + ", " + format_duration(left) +
                      " left");
    }
    void start_epoch() {
        started_ = Clock::now();
        cells_ = tokens_ = 0;
        waited_before_ = feed_.seconds_waited();
    }
    // How fast the epoch went; before its validation.
    std::string end_epoch() {
        trained_ += seconds_since(started_);
        const double waited =
            (feed_.seconds_waited() - waited_before_) / std::max(1e-9, seconds_since(started_));
        return speed() + ", " + format_fixed(100 * waited, 1) + " % of the time waiting for cells";
    }
    double waiting_share() const { return trained_ > 0 ? feed_.seconds_waited() / trained_ : 0; }

  private:
    static constexpr double kTellEvery = 30;

    std::string speed() const {
        const double seconds = std::max(1e-9, seconds_since(started_));
        const auto rate = [&](std::int64_t n) {
            return with_commas(std::llround(static_cast<double>(n) / seconds));
        };
        return ", " + rate(cells_) + " cells/s, " + rate(tokens_) + " tokens/s";
    }

    const RunContext& context_;
    const UpdateFeed& feed_;
    std::int64_t total_, done_ = 0, cells_ = 0, tokens_ = 0;
    Clock::time_point begun_ = Clock::now(), started_ = begun_, told_ = begun_;
    double waited_before_ = 0, trained_ = 0;
};

Trainer::Trainer(Network& network, const TrainSettings& settings, GeneTask task, const CellSource& train,
                 const CellSource& validation, std::uint64_t seed, const ProcessGroup& processes)
    : network_(network),
      settings_(settings),
      task_(task),
      train_(train),
      validation_(validation),
      seed_(seed),
      processes_(processes),
      adam_(trained(network, settings, task)) {
    best_loss_ = std::numeric_limits<double>::infinity();
    if (settings.class_weights == ClassWeights::Balanced && network.config().cell_types > 0)
        class_weights_ = balanced_weights(train, network.config().cell_types, network.device());
    for (const auto& [name, parameter] : network.parameters())
        if (parameter.requires_grad())
            rate_factors_.push_back(name == "atac_emb.embedding.weight" ? settings.peak_learning_rate : 1.0);
    const auto types = static_cast<std::size_t>(network.config().cell_types);
    epoch_sums_.confusion.resize(types * types);
}

std::vector<torch::Tensor> Trainer::gradients(const RowGradient* of_peaks) const {
    std::vector<torch::Tensor> found;
    for (const auto& [name, parameter] : network_.parameters())
        if (parameter.grad().defined()) found.push_back(parameter.grad());
    if (of_peaks != nullptr && of_peaks->values().defined()) found.push_back(of_peaks->values());
    return found;
}

void Trainer::clip(std::span<const torch::Tensor> gradients, double norm) const {
    torch::NoGradGuard no_grad;
    if (settings_.clip_norm <= 0 || norm <= settings_.clip_norm) return;
    for (const auto& gradient : gradients) gradient.mul_(settings_.clip_norm / (norm + 1e-6));
}

// One batch of an update, forwards and backwards; its loss in all processes. The losses are means over so
// many genes and so much weight of labelled cells.
double Trainer::train_on(std::span<const DrawnCell> batch, double genes, double types, Sums& sums) {
    const auto losses = losses_of(network_, batch, settings_, task_, class_weights_);
    auto total = losses.nothing;
    const auto add_term = [&](const torch::Tensor& sum, double weight, double of) {
        if (!sum.defined() || weight == 0 || of == 0) return;
        const auto term = sum * (weight / of);
        total = total.defined() ? total + term : term;
    };
    add_term(losses.gene, settings_.gene_loss, genes);
    add_term(losses.cell_type, settings_.cell_type_loss, types);
    add(sums, losses);
    const bool counts = total.defined() && total.requires_grad();
    double value = counts ? total.item<double>() : 0.0;
    processes_.sum(std::span(&value, 1));
    if (std::isfinite(value) && counts) total.backward();
    return value;
}

void Trainer::update(const UpdateCells& cells, std::int64_t updates_in_all) {
    last_rate_ = learning_rate_at(settings_, update_, updates_in_all, epoch_);
    const auto weights = weights_of(cells);
    double genes = 0, types = 0;
    for (std::size_t i = 0; i < weights.size(); i += 2) {
        genes += weights[i];
        types += weights[i + 1];
    }
    // The mean of the means of as many batches as a whole update has, as the reference: also where the last
    // update of an epoch has fewer.
    const int batches =
        settings_.cells_per_batch == 0
            ? 0
            : (settings_.cells_per_update + settings_.cells_per_batch - 1) / settings_.cells_per_batch;
    // Seeded per update: dropout needs no state of its own to be continued.
    auto dropout = mix(mix(seed_, kDropoutStream), static_cast<std::uint64_t>(update_));
    if (!processes_.first()) dropout = mix(dropout, static_cast<std::uint64_t>(processes_.rank()));
    at::manual_seed(dropout);
    network_.set_training(true);
    adam_.zero_grad();
    const auto of_peaks = start_peak_gradient(cells.cells);
    last_loss_ = 0;
    Sums sums;
    sums.confusion.resize(epoch_sums_.confusion.size());
    std::size_t begin = 0;
    for (std::size_t i = 0; i < cells.ends.size(); ++i) {
        const auto batch = std::span(cells.cells).subspan(begin, cells.ends[i] - begin);
        begin = cells.ends[i];
        const auto loss = batches > 0
                              ? train_on(batch, weights[2 * i] * batches, weights[2 * i + 1] * batches, sums)
                              : train_on(batch, genes, types, sums);
        if (!std::isfinite(loss)) report_no_number(cells.cells);
        last_loss_ += loss;
    }
    add_up(sums);
    epoch_sums_.add(sums);
    sum_gradients(network_.parameters(), of_peaks.get(), processes_);
    const auto all = gradients(of_peaks.get());
    const auto norm = all.empty() ? 0 : at::stack(at::_foreach_norm(all)).norm().item<double>();
    if (!std::isfinite(norm)) report_no_number(cells.cells);
    clip(all, norm);
    adam_.step(last_rate_, settings_.weight_decay, rate_factors_, of_peaks.get());
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

Scores Trainer::evaluate(const CellSource& cells, const RunContext& context) {
    torch::NoGradGuard no_grad;
    network_.set_training(false);
    Sums sums;
    sums.confusion.resize(epoch_sums_.confusion.size());
    const auto peaks = static_cast<std::size_t>(network_.config().max_peaks - 1);
    std::vector<DrawnCell> group;
    std::int64_t tokens = 0;
    const auto flush = [&] {
        context.check_stop();
        if (!group.empty()) add(sums, losses_of(network_, group, settings_, task_, class_weights_));
        group.clear();
        tokens = 0;
    };
    for (std::int64_t i = processes_.rank(); i < cells.size(); i += processes_.size()) {
        group.push_back(draw_cell(cells, i, peaks, network_.config(), task_,
                                  mix(mix(seed_, kValidationStream), static_cast<std::uint64_t>(i))));
        tokens += static_cast<std::int64_t>(group.back().peaks.size()) + 1;
        if (tokens >= settings_.tokens_per_batch) flush();
    }
    flush();
    add_up(sums);
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

std::string Trainer::epoch_line(const EpochRecord& record) const {
    std::string line = "epoch " + std::to_string(record.epoch) + "/" + std::to_string(settings_.epochs) +
                       ": loss " + format_fixed(record.train.loss, 4) + ", learning rate " +
                       format_short(record.learning_rate);
    if (!record.validated) return line;
    line += ", validation loss " + format_fixed(record.validation.loss, 4);
    if (std::isfinite(record.validation.accuracy) && settings_.cell_type_loss > 0)
        line += ", accuracy " + format_fixed(record.validation.accuracy, 3);
    if (std::isfinite(record.validation.gene_accuracy))
        line += ", gene accuracy " + format_fixed(record.validation.gene_accuracy, 3);
    return line;
}

// Validates first: a signal in the middle of it finds the epoch as it was before.
void Trainer::end_epoch(const RunContext& context, Meter& meter) {
    EpochRecord record;
    record.epoch = epoch_ + 1;
    record.updates = update_;
    record.learning_rate = last_rate_;
    record.train = scores(epoch_sums_);
    const bool last = record.epoch == settings_.epochs;
    const auto speed = meter.end_epoch();
    record.validated = validation_.size() > 0 && (last || record.epoch % settings_.validate_every == 0);
    // One process alone may not leave the others in the middle.
    if (record.validated)
        record.validation = processes_.alone() ? evaluate(validation_, context) : evaluate(validation_);
    record.best = record.validated && record.validation.loss < best_loss_;
    if (record.best) best_loss_ = record.validation.loss;
    if (record.best && settings_.keep == Keep::Best) keep_best();
    if (record.validated) validations_since_best_ = record.best ? 0 : validations_since_best_ + 1;
    ++epoch_;
    const auto confusion = epoch_sums_.confusion.size();
    epoch_sums_ = {};
    epoch_sums_.confusion.resize(confusion);
    log_.push_back(record);
    context.note(epoch_line(record) + speed);
    meter.start_epoch();
}

void Trainer::run(const RunContext& context, const std::function<void()>& checkpoint,
                  double checkpoint_seconds) {
    if (train_.size() == 0)
        throw InputError("atlas", "has no cell to train on", "check the split and the labels");
    UpdateFeed feed(train_, settings_, network_.config(), task_, seed_, processes_.rank(), processes_.size());
    const auto per_epoch = feed.updates_per_epoch(), updates = per_epoch * settings_.epochs;
    const auto seen = (update_ - epoch_ * per_epoch) * settings_.cells_per_update;
    Meter meter(context, feed, (settings_.epochs - epoch_) * train_.size() - std::min(seen, train_.size()));
    start_alike();
    const auto save = [&] {
        if (processes_.first()) checkpoint();
    };
    auto saved = Clock::now();
    while (epoch_ < settings_.epochs && !wants_to_stop()) {
        while (update_ < (epoch_ + 1) * per_epoch) {
            stop_if_asked(context, save);
            const auto cells = feed.get(update_);
            update(cells, updates);
            meter.count(cells, epoch_, last_loss_, last_rate_);
            if (seconds_since(saved) < checkpoint_seconds) continue;
            save();
            saved = Clock::now();
        }
        try {
            end_epoch(context, meter);
        } catch (const Interrupted&) {
            save();
            throw;
        }
        if (epoch_ == settings_.epochs || wants_to_stop()) break;
        save();
        saved = Clock::now();
    }
    waiting_share_ = meter.waiting_share();
    if (!best_.empty()) network_.load({best_.begin(), best_.end()}, "best weights");
    network_.set_training(false);
    network_.share_statistics({});
    network_.collect_peak_gradient({});
}

}  // namespace epi
