#include "counts/pair_counts.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace epi {
namespace {

constexpr std::size_t kSmallestFlush = 4U << 20;
constexpr int kDigitBits = 11;

}  // namespace

void radix_sort(std::vector<std::uint64_t>& values, std::vector<std::uint64_t>& scratch) {
    std::uint64_t any_bit = 0;
    for (const auto value : values) any_bit |= value;
    scratch.resize(values.size());
    const int bits = 64 - std::countl_zero(any_bit);
    for (int shift = 0; shift < bits; shift += kDigitBits) {
        std::array<std::size_t, (1U << kDigitBits) + 1> begins{};
        const auto digit = [shift](std::uint64_t value) {
            return static_cast<std::size_t>((value >> shift) & ((1U << kDigitBits) - 1));
        };
        for (const auto value : values) ++begins[digit(value) + 1];
        for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
        for (const auto value : values) scratch[begins[digit(value)]++] = value;
        values.swap(scratch);
    }
}

PairCounts::PairCounts(std::size_t features)
    : features_(features),
      feature_bits_(64 - std::countl_zero(std::uint64_t{features})),
      flush_at_(kSmallestFlush) {}

// Merges what is pending into the sorted, counted keys.
void PairCounts::flush() {
    radix_sort(pending_, scratch_);
    std::vector<std::uint64_t> keys;
    std::vector<std::int32_t> counts;
    keys.reserve(keys_.size() + pending_.size() / 2);
    counts.reserve(keys_.size() + pending_.size() / 2);
    const auto put = [&](std::uint64_t key, std::int32_t count) {
        if (!keys.empty() && keys.back() == key) {
            counts.back() += count;
        } else {
            keys.push_back(key);
            counts.push_back(count);
        }
    };
    std::size_t old = 0;
    for (const auto key : pending_) {
        for (; old < keys_.size() && keys_[old] <= key; ++old) put(keys_[old], counts_[old]);
        put(key, 1);
    }
    for (; old < keys_.size(); ++old) put(keys_[old], counts_[old]);
    keys_ = std::move(keys);
    counts_ = std::move(counts);
    pending_.clear();
    // Twice as many pending as there are pairs: each pair is merged a bounded number of times.
    flush_at_ = std::max(kSmallestFlush, keys_.size());
}

CountMatrix PairCounts::rows_of(std::span<const std::uint32_t> barcodes) {
    flush();
    CountMatrix matrix;
    matrix.cols = static_cast<std::int64_t>(features_);
    std::vector<std::int32_t> columns;
    for (const auto barcode : barcodes) {
        const auto first = std::uint64_t{barcode} << feature_bits_;
        const auto begin = std::lower_bound(keys_.begin(), keys_.end(), first) - keys_.begin();
        auto end = begin;
        columns.clear();
        for (; end < std::ssize(keys_) && keys_[end] >> feature_bits_ == barcode; ++end)
            columns.push_back(static_cast<std::int32_t>(keys_[end] - first));
        matrix.add_row(columns, std::span(counts_).subspan(static_cast<std::size_t>(begin), columns.size()));
    }
    return matrix;
}

}  // namespace epi
