#include "batches/cell_set.hpp"

#include <algorithm>
#include <bit>

#include "core/error.hpp"

namespace epi {

void CellSet::count() {
    for (std::size_t word = 0; word < words_.size(); ++word) {
        if (word % kWordsPerBlock == 0) before_.push_back(size_);
        size_ += std::popcount(words_[word]);
    }
}

std::int64_t CellSet::operator[](std::int64_t i) const {
    check(i >= 0 && i < size_, "a member of the set");
    const auto block = std::upper_bound(before_.begin(), before_.end(), i) - before_.begin() - 1;
    auto left = i - before_[static_cast<std::size_t>(block)];
    auto word = static_cast<std::size_t>(block * kWordsPerBlock);
    for (; left >= std::popcount(words_[word]); ++word) left -= std::popcount(words_[word]);
    auto bits = words_[word];
    for (; left > 0; --left) bits &= bits - 1;  // without its lowest member
    return static_cast<std::int64_t>(word) * kBits + std::countr_zero(bits);
}

}  // namespace epi
