#include "batches/cell_order.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

constexpr std::uint64_t kRunStream = 11, kWindowStream = 12;

// The cells of one value of a column, dealt again and again.
struct Deck {
    std::vector<std::int64_t> cells;
    std::size_t next = 0;

    std::int64_t draw(Rng& rng) {
        if (next == 0) rng.shuffle(cells);
        const auto cell = cells[next];
        next = (next + 1) % cells.size();
        return cell;
    }
};

}  // namespace

std::vector<std::int64_t> shuffled_cells(std::span<const std::int64_t> cells, std::uint64_t seed) {
    std::vector<std::int64_t> order(cells.begin(), cells.end());
    Rng(seed).shuffle(order);
    return order;
}

std::vector<std::int32_t> value_codes(const AtlasCells& atlas, std::span<const std::int64_t> cells,
                                      std::string_view column) {
    const auto values = atlas.column(column);
    std::map<std::string_view, std::int32_t> code;
    for (const auto cell : cells) code.emplace(values[static_cast<std::size_t>(cell)], 0);
    std::int32_t next = 0;
    for (auto& [value, number] : code) number = next++;
    std::vector<std::int32_t> codes;
    for (const auto cell : cells) codes.push_back(code.at(values[static_cast<std::size_t>(cell)]));
    return codes;
}

std::vector<std::int64_t> balanced_order(std::span<const std::int32_t> value_of, std::int64_t count,
                                         std::uint64_t seed) {
    std::map<std::int32_t, Deck> by_value;
    for (std::size_t i = 0; i < value_of.size(); ++i)
        by_value[value_of[i]].cells.push_back(static_cast<std::int64_t>(i));
    std::vector<Deck> decks;
    for (auto& [value, deck] : by_value) decks.push_back(std::move(deck));
    std::vector<std::int64_t> order;
    if (decks.empty()) return order;
    Rng rng(seed);
    order.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) order.push_back(decks[rng.below(decks.size())].draw(rng));
    return order;
}

std::vector<std::int64_t> balanced_cells(const AtlasCells& atlas, std::span<const std::int64_t> cells,
                                         std::string_view column, std::int64_t count, std::uint64_t seed) {
    const auto values = value_codes(atlas, cells, column);
    auto order = balanced_order(values, count, seed);
    for (auto& position : order) position = cells[static_cast<std::size_t>(position)];
    return order;
}

BlockShuffle::BlockShuffle(std::int64_t n, std::uint64_t seed, std::int64_t block, std::int64_t window)
    : n_(n), block_(block), window_(window), seed_(seed) {
    shuffle_runs();
}

BlockShuffle::BlockShuffle(std::span<const std::int64_t> cells, std::uint64_t seed, std::int64_t block,
                           std::int64_t window)
    : cells_(cells),
      n_(static_cast<std::int64_t>(cells.size())),
      block_(block),
      window_(window),
      seed_(seed) {
    shuffle_runs();
}

void BlockShuffle::shuffle_runs() {
    check(block_ > 0 && window_ > 0, "blocks and windows of at least one");
    runs_.resize(static_cast<std::size_t>((n_ + block_ - 1) / block_));
    for (std::size_t i = 0; i < runs_.size(); ++i) runs_[i] = static_cast<std::int32_t>(i);
    Rng(seed_, kRunStream).shuffle(runs_);
}

std::vector<std::int64_t> BlockShuffle::next() {
    std::vector<std::int64_t> cells;
    const auto end = std::min(runs_.size(), done_ + static_cast<std::size_t>(window_));
    const auto stream = mix(kWindowStream, done_);
    for (; done_ < end; ++done_) {
        const auto first = runs_[done_] * block_;
        for (auto i = first; i < std::min(n_, first + block_); ++i)
            cells.push_back(cells_.empty() ? i : cells_[static_cast<std::size_t>(i)]);
    }
    Rng(seed_, stream).shuffle(cells);
    return cells;
}

CellBatches::CellBatches(const AtlasCells& atlas, BlockShuffle order, std::size_t batch, std::size_t ahead)
    : atlas_(atlas), windows_(std::move(order)), from_list_(false), batch_(batch), ahead_(ahead) {}

CellBatches::CellBatches(const AtlasCells& atlas, std::vector<std::int64_t> order, std::size_t batch,
                         std::size_t ahead)
    : atlas_(atlas),
      windows_(0, 0),
      list_(std::move(order)),
      from_list_(true),
      batch_(batch),
      ahead_(ahead) {}

// Asks for some more cells; false at the end.
bool CellBatches::extend() {
    std::vector<std::int64_t> piece;
    if (from_list_) {
        const auto end = std::min(list_.size(), listed_ + batch_);
        piece.assign(list_.begin() + static_cast<std::ptrdiff_t>(listed_),
                     list_.begin() + static_cast<std::ptrdiff_t>(end));
        listed_ = end;
    } else {
        piece = windows_.next();
    }
    atlas_.will_need(piece);
    waiting_.insert(waiting_.end(), piece.begin(), piece.end());
    return !piece.empty();
}

std::span<const std::int64_t> CellBatches::next() {
    while (waiting_.size() < batch_ * (ahead_ + 1) && extend()) {
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(batch_, waiting_.size()));
    current_.assign(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    return current_;
}

}  // namespace epi
