#include "train/feed.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "core/random.hpp"
#include "train/streams.hpp"

namespace epi {

UpdateFeed::UpdateFeed(const CellSource& cells, const TrainSettings& settings, const ModelConfig& config,
                       GeneTask task, std::uint64_t seed, int rank, int processes)
    : cells_(cells),
      settings_(settings),
      config_(config),
      task_(task),
      seed_(seed),
      rank_(rank),
      processes_(processes) {}

std::int64_t UpdateFeed::updates_per_epoch() const {
    const std::int64_t cells = settings_.cells_per_update;
    return (cells_.size() + cells - 1) / cells;
}

UpdateCells UpdateFeed::get(std::int64_t update) {
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

std::size_t UpdateFeed::most_peaks() const {
    const auto limit = config_.max_peaks - 1;
    return static_cast<std::size_t>(settings_.peaks_per_cell > 0 ? std::min(settings_.peaks_per_cell, limit)
                                                                 : limit);
}

// The cells of an update in the order of the epoch, with the number of tokens that each will have.
std::vector<UpdateFeed::Planned> UpdateFeed::plan(std::int64_t update) {
    const auto epoch = update / updates_per_epoch();
    if (epoch != order_epoch_) {
        order_ = cells_.epoch_order(mix(mix(seed_, kOrderStream), static_cast<std::uint64_t>(epoch)));
        order_epoch_ = epoch;
    }
    const auto first = (update % updates_per_epoch()) * settings_.cells_per_update;
    const auto end = std::min(first + settings_.cells_per_update, cells_.size());
    const auto most = static_cast<std::int64_t>(most_peaks());
    std::vector<Planned> planned;
    for (auto i = first; i < end; ++i) {
        const auto cell = order_(i);
        auto stream = mix(mix(seed_, kDrawStream),
                          mix(static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(cell)));
        // A cell that comes several times in an epoch is drawn from anew each time.
        if (settings_.balance != Balance::None) stream = mix(stream, static_cast<std::uint64_t>(i));
        planned.push_back({cell, std::min(most, cells_.open_peaks(cell)) + 1, stream});
    }
    return planned;
}

// Sorts what is computed at once by length, as cells of one length share an attention call, and says where it
// ends.
std::vector<std::size_t> UpdateFeed::batches_of(std::span<Planned> cells) const {
    std::vector<std::size_t> ends;
    const auto at_once =
        settings_.cells_per_batch > 0 ? static_cast<std::size_t>(settings_.cells_per_batch) : cells.size();
    for (std::size_t begin = 0; begin < cells.size(); begin += at_once) {
        ends.push_back(std::min(begin + at_once, cells.size()));
        const auto batch = cells.subspan(begin, ends.back() - begin);
        std::stable_sort(batch.begin(), batch.end(),
                         [](const Planned& a, const Planned& b) { return a.tokens < b.tokens; });
    }
    if (settings_.cells_per_batch > 0) return ends;
    std::vector<std::int64_t> tokens;
    for (const auto& cell : cells) tokens.push_back(cell.tokens);
    return token_groups(tokens, settings_.tokens_per_batch);
}

UpdateCells UpdateFeed::draw(std::int64_t update) {
    auto planned = plan(update);
    UpdateCells drawn;
    std::vector<Planned> own;
    std::size_t begin = 0;
    const auto processes = static_cast<std::size_t>(processes_);
    for (const auto end : batches_of(planned)) {
        // Dealt out forwards and backwards in turn, so that nobody always gets the longest.
        for (std::size_t i = begin; i < end; ++i) {
            const auto place = (i - begin) % processes;
            const bool forwards = (i - begin) / processes % 2 == 0;
            if ((forwards ? place : processes - 1 - place) == static_cast<std::size_t>(rank_))
                own.push_back(planned[i]);
        }
        drawn.ends.push_back(own.size());
        begin = end;
    }
    drawn.all_cells = std::ssize(planned);
    for (const auto& cell : planned) drawn.all_tokens += cell.tokens;
    std::vector<std::int64_t> wanted;
    for (const auto& cell : own) wanted.push_back(cell.cell);
    cells_.will_need(wanted);
    for (const auto& cell : own)
        drawn.cells.push_back(draw_cell(cells_, cell.cell, most_peaks(), config_, task_, cell.stream));
    return drawn;
}

}  // namespace epi
