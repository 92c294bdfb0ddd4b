#include "batches/cell_order.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "core/error.hpp"
#include "core/permutation.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

constexpr std::uint64_t kRunStream = 11, kWindowStream = 12, kRoundStream = 13, kDeckStream = 14;

}  // namespace

std::vector<std::int64_t> shuffled_cells(std::span<const std::int64_t> cells, std::uint64_t seed) {
    std::vector<std::int64_t> order(cells.begin(), cells.end());
    Rng(seed).shuffle(order);
    return order;
}

BalancedOrder::BalancedOrder(std::int64_t n, const std::function<std::string_view(std::int64_t)>& value_of) {
    check(n <= std::int64_t{1} << 32, "fewer than 2^32 cells");
    std::map<std::string, std::int64_t, std::less<>>
        places;  // how many cells of a value; then the next one's place
    for (std::int64_t cell = 0; cell < n; ++cell) {
        const auto value = value_of(cell);
        auto found = places.find(value);
        if (found == places.end()) found = places.emplace(value, 0).first;
        ++found->second;
    }
    for (auto& [value, place] : places) {
        const auto start = starts_.back();
        starts_.push_back(start + place);
        place = start;
    }
    cells_.resize(static_cast<std::size_t>(n));
    for (std::int64_t cell = 0; cell < n; ++cell)
        cells_[static_cast<std::size_t>(places.find(value_of(cell))->second++)] =
            static_cast<std::uint32_t>(cell);
}

std::int64_t BalancedOrder::at(std::int64_t i, std::uint64_t seed) const {
    const auto values = std::ssize(starts_) - 1, round = i / values;
    const auto value =
        Permutation(values, mix(mix(seed, kRoundStream), static_cast<std::uint64_t>(round)))(i % values);
    const auto begin = starts_[static_cast<std::size_t>(value)],
               count = starts_[static_cast<std::size_t>(value) + 1] - begin;
    const auto deck = mix(static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(round / count));
    const auto place = Permutation(count, mix(mix(seed, kDeckStream), deck))(round % count);
    return cells_[static_cast<std::size_t>(begin + place)];
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
