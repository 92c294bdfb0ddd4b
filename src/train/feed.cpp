#include "train/feed.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "core/random.hpp"
#include "train/streams.hpp"

namespace epi {

UpdateFeed::UpdateFeed(const CellSource& cells, const TrainSettings& settings, const ModelConfig& config,
                       GeneTask task, std::uint64_t seed)
    : cells_(cells), settings_(settings), config_(config), task_(task), seed_(seed) {}

std::int64_t UpdateFeed::updates_per_epoch() const {
    const std::int64_t cells = settings_.cells_per_update;
    return (cells_.size() + cells - 1) / cells;
}

std::vector<DrawnCell> UpdateFeed::get(std::int64_t update) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    auto cells = ahead_.valid() && ahead_of_ == update ? ahead_.get() : draw(update);
    waited_ += std::chrono::duration<double>(Clock::now() - start).count();
    if (update + 1 < updates_per_epoch() * settings_.epochs) {
        ahead_of_ = update + 1;
        ahead_ = std::async(std::launch::async, [this] { return draw(ahead_of_); });
    }
    return cells;
}

std::vector<DrawnCell> UpdateFeed::draw(std::int64_t update) {
    const auto epoch = update / updates_per_epoch();
    if (epoch != order_epoch_) {
        order_ = cells_.epoch_order(mix(mix(seed_, kOrderStream), static_cast<std::uint64_t>(epoch)));
        order_epoch_ = epoch;
    }
    const auto first = (update % updates_per_epoch()) * settings_.cells_per_update;
    const auto end = std::min(first + settings_.cells_per_update, cells_.size());
    const auto chosen =
        std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
    cells_.will_need(chosen);
    const auto limit = config_.max_peaks - 1;
    const auto peaks = settings_.peaks_per_cell > 0 ? std::min(settings_.peaks_per_cell, limit) : limit;
    std::vector<DrawnCell> drawn;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        auto stream = mix(mix(seed_, kDrawStream),
                          mix(static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(chosen[i])));
        // A cell that comes several times in an epoch is drawn from anew each time.
        if (settings_.balance != Balance::None) stream = mix(stream, static_cast<std::uint64_t>(first) + i);
        drawn.push_back(
            draw_cell(cells_, chosen[i], static_cast<std::size_t>(peaks), config_, task_, stream));
    }
    // Cells of one length share an attention call.
    const auto at_once =
        settings_.cells_per_batch > 0 ? static_cast<std::size_t>(settings_.cells_per_batch) : drawn.size();
    for (std::size_t begin = 0; begin < drawn.size(); begin += at_once) {
        const auto group = std::span(drawn).subspan(begin, std::min(at_once, drawn.size() - begin));
        std::stable_sort(group.begin(), group.end(), [](const DrawnCell& a, const DrawnCell& b) {
            return a.peaks.size() < b.peaks.size();
        });
    }
    return drawn;
}

}  // namespace epi
