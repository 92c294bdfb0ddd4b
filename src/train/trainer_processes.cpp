// What the processes of a training tell each other.
#include <algorithm>
#include <cmath>

#include "train/gradients.hpp"
#include "train/trainer.hpp"

namespace epi {

void Trainer::Sums::add(const Sums& other) {
    auto more = other;
    const auto theirs = more.numbers();
    const auto own = numbers();
    for (std::size_t i = 0; i < own.size(); ++i) *own[i] += *theirs[i];
    for (std::size_t i = 0; i < confusion.size(); ++i) confusion[i] += other.confusion[i];
}

void Trainer::add_up(Sums& sums) const {
    if (processes_.alone()) return;
    std::vector<double> all;
    for (const double* number : sums.numbers()) all.push_back(*number);
    for (const auto count : sums.confusion) all.push_back(static_cast<double>(count));
    processes_.sum(all);
    std::size_t next = 0;
    for (double* number : sums.numbers()) *number = all[next++];
    for (auto& count : sums.confusion) count = std::llround(all[next++]);
}

// Of each batch of the update, in all processes: the genes asked, the weight of the labelled cells.
std::vector<double> Trainer::weights_of(const UpdateCells& cells) const {
    std::vector<double> weights;
    std::size_t next = 0;
    for (const auto end : cells.ends) {
        double genes = 0, types = 0;
        for (; next < end; ++next) {
            const auto& cell = cells.cells[next];
            genes += static_cast<double>(cell.genes.size());
            if (cell.cell_type >= 0)
                types += class_weights_.defined() ? class_weights_[cell.cell_type].item<double>() : 1.0;
        }
        weights.push_back(genes);
        weights.push_back(types);
    }
    processes_.sum(weights);
    return weights;
}

// Of all rows that occur in the update, in any process. Null where peak embeddings are not trained.
std::shared_ptr<RowGradient> Trainer::start_peak_gradient(std::span<const DrawnCell> cells) const {
    const auto table = network_.parameter("atac_emb.embedding.weight");
    if (!table.requires_grad()) return {};
    std::vector<std::uint8_t> marks(static_cast<std::size_t>(table.size(0) + 7) / 8);
    const auto mark = [&](std::int64_t row) {
        marks[static_cast<std::size_t>(row / 8)] |= static_cast<std::uint8_t>(1U << (row % 8));
    };
    mark(kCls);
    for (const auto& cell : cells)
        for (const auto* peaks : {&cell.peaks, &cell.pooled})
            for (const auto peak : *peaks) mark(peak + kSpecials);
    const auto rows = torch::tensor(rows_marked_anywhere(std::move(marks), processes_), torch::kInt64);
    auto gradient = std::make_shared<RowGradient>(table, rows.to(table.device()));
    network_.collect_peak_gradient(gradient);
    return gradient;
}

// 0, or the exit code that a signal asks of any of the processes: the same answer in all.
int Trainer::asked_to_stop(const RunContext& context) const {
    const int own = context.stop == nullptr ? 0 : context.stop->load();
    if (processes_.alone()) return own;
    double asked[] = {own == 0 ? 0.0 : 1.0, own == 143 ? 1.0 : 0.0};
    processes_.sum(asked);
    return asked[1] > 0 ? 143 : asked[0] > 0 ? 130 : 0;
}

void Trainer::stop_if_asked(const RunContext& context, const std::function<void()>& checkpoint) {
    const int code = asked_to_stop(context);
    if (code == 0) return;
    checkpoint();
    stopped_in_order_ = true;
    throw Interrupted(code);
}

// All start from the weights of the first, and count the cells of all in their statistics.
void Trainer::start_alike() const {
    if (processes_.alone()) return;
    torch::NoGradGuard no_grad;
    for (const auto& [name, tensor] : network_.state()) processes_.broadcast(tensor);
    network_.share_statistics([this](const torch::Tensor& x) { return sum_with_gradient(x, processes_); });
}

void Trainer::report_no_number(std::span<const DrawnCell> cells) const {
    torch::NoGradGuard no_grad;
    network_.share_statistics({});
    std::string which = "an update";
    if (!cells.empty())
        which = "cells " + train_.name(cells.front().cell) + " to " + train_.name(cells.back().cell);
    std::uint8_t found = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto losses = losses_of(network_, cells.subspan(i, 1), settings_, task_, class_weights_);
        for (const auto& loss : {losses.gene, losses.cell_type})
            if (loss.defined() && !std::isfinite(loss.item<double>())) {
                which = "cell " + train_.name(cells[i].cell);
                found = 1;
            }
    }
    const auto all = processes_.gather({&found, 1});
    const auto who = std::find(all.begin(), all.end(), 1) - all.begin();
    if (found == 0 && who < std::ssize(all)) which = "a cell of process " + std::to_string(who);
    throw InputError("update " + std::to_string(update_ + 1), "the loss is no number at " + which,
                     "lower --learning-rate or --clip-norm; the last checkpoint is kept");
}

}  // namespace epi
