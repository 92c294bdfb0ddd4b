#include "counts/pair_store.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <utility>

#include "core/error.hpp"
#include "core/huge_pages.hpp"
#include "counts/sorted_rows.hpp"

namespace epi {
namespace {

constexpr std::size_t kSlab = 8U << 20, kPage = 2U << 20;
constexpr std::uint64_t kBytesOfEntry = 5;  // of a part of SortedRows

struct Range {
    std::uint32_t first = ~0U, last = 0;  // feature
    std::uint32_t barcodes = 0;           // all of them, or-ed
};

inline __attribute__((always_inline)) Range range_anywhere(std::span<const Pair> pairs) {
    Range range;
    for (const auto& pair : pairs) {
        range.first = std::min(range.first, pair.feature);
        range.last = std::max(range.last, pair.feature);
        range.barcodes |= pair.barcode;
    }
    return range;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) Range range_avx2(std::span<const Pair> pairs) {
    return range_anywhere(pairs);
}
Range range_of(std::span<const Pair> pairs) {
    return __builtin_cpu_supports("avx2") ? range_avx2(pairs) : range_anywhere(pairs);
}
#else
Range range_of(std::span<const Pair> pairs) {
    return range_anywhere(pairs);
}
#endif

}  // namespace

std::size_t PairStore::Block::bytes() const {
    // Blocks lie behind each other, each as a Pair must lie; the last number may be written as four bytes.
    return (width * size / alignof(std::max_align_t) + 1) * alignof(std::max_align_t);
}

// Packed at `to`, and counted by barcode.
void PairStore::pack(std::span<const Pair> pairs, const Block& block, std::byte* to, std::uint32_t* counts) {
    if (block.width == sizeof(Pair)) {
        std::memcpy(to, pairs.data(), pairs.size_bytes());
        for (const auto& pair : pairs) ++counts[pair.barcode];
        return;
    }
    const auto [width, bits, first] = std::tuple(block.width, block.feature_bits, block.first_feature);
    for (const auto& pair : pairs) {
        const auto number = (pair.barcode << bits) | (pair.feature - first);
        std::memcpy(to, &number, sizeof number);
        to += width;
        ++counts[pair.barcode];
    }
}

// Of this lane, with room for so many barcodes.
std::uint32_t* PairStore::counts_of(std::size_t lane, std::size_t barcodes) {
    const std::lock_guard lock(mutex_);
    while (counts_.size() <= lane) counts_.emplace_back();
    auto& counts = counts_[lane];
    if (counts.size() < barcodes) counts.resize(barcodes);
    return counts.data();
}

void PairStore::add(std::size_t lane, std::uint64_t order, std::span<const Pair> pairs) {
    if (pairs.empty()) return;
    const auto range = range_of(pairs);
    Block block;
    block.lane = lane;
    block.order = order;
    block.size = pairs.size();
    block.first_feature = range.first;
    block.feature_bits = static_cast<int>(std::bit_width(range.last - range.first));
    const auto bits = block.feature_bits + static_cast<int>(std::bit_width(range.barcodes));
    block.width = bits <= 24 ? 3 : bits <= 32 ? 4 : sizeof(Pair);
    auto* const counts = counts_of(lane, range.barcodes + std::size_t{1});
    std::byte* kept = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (held_bytes_ + block.bytes() > memory_bytes_ / 2) {
            std::vector<std::byte> packed(block.bytes());
            pack(pairs, block, packed.data(), counts);
            block.offset = file_.append(packed.data(), packed.size());
        } else {
            held_bytes_ += block.bytes();
            block.data = kept = allocate(block.bytes());
        }
        blocks_.push_back(block);
    }
    if (kept != nullptr) pack(pairs, block, kept, counts);
}

void PairStore::Free::operator()(std::byte* memory) const {
    std::free(memory);
}

std::byte* PairStore::allocate(std::size_t bytes) {
    if (bytes > slab_left_) {
        const auto size = (std::max(bytes, kSlab) + kPage - 1) / kPage * kPage;
        auto* slab = static_cast<std::byte*>(std::aligned_alloc(kPage, size));
        if (slab == nullptr) throw ResourceError("--memory", "no memory is left", "use a larger machine");
        prefer_huge_pages(slab, size);
        slabs_.emplace_back(slab);
        slab_left_ = size;
        slab_at_ = slab;
    }
    slab_left_ -= bytes;
    return std::exchange(slab_at_, slab_at_ + bytes);
}

const std::byte* PairStore::read(const Block& block, std::vector<std::byte>& buffer) const {
    if (block.data != nullptr) return block.data;
    buffer.resize(block.bytes());
    file_.read(block.offset, buffer.data(), buffer.size());
    return buffer.data();
}

// visit(row, feature) of all pairs with a row.
template <class Visit>
void PairStore::for_each(std::span<const std::vector<std::int32_t>> row_of, Visit&& visit) const {
    std::vector<std::byte> buffer;
    for (const auto& block : blocks_) {
        const auto* const bytes = read(block, buffer);
        const auto* const rows = row_of[block.lane].data();
        if (block.width == sizeof(Pair)) {
            const std::span pairs(reinterpret_cast<const Pair*>(bytes), block.size);
            for (const auto& pair : pairs)
                if (const auto row = rows[pair.barcode]; row >= 0) visit(row, pair.feature);
            continue;
        }
        const auto bits = block.feature_bits;
        const auto first = block.first_feature, mask = static_cast<std::uint32_t>((1ULL << bits) - 1);
        const auto all = block.width == 3 ? 0xFFFFFFU : ~0U;
        const auto* at = bytes;
        for (std::size_t i = 0; i < block.size; ++i, at += block.width) {
            std::uint32_t number;
            std::memcpy(&number, at, sizeof number);
            number &= all;
            if (const auto row = rows[number >> bits]; row >= 0) visit(row, first + (number & mask));
        }
    }
}

void PairStore::release() {
    blocks_.clear();
    counts_.clear();
    slabs_.clear();
    slab_left_ = 0;
}

std::unique_ptr<CountRows> PairStore::rows(std::span<const std::vector<std::int32_t>> row_of,
                                           std::int64_t rows) {
    // Nearly by feature, whatever the order of chromosomes in the files.
    std::sort(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) {
        return std::pair(a.first_feature, a.order) < std::pair(b.first_feature, b.order);
    });
    std::vector<std::int64_t> begins(static_cast<std::size_t>(rows) + 1);
    for (std::size_t lane = 0; lane < counts_.size(); ++lane)
        for (std::size_t barcode = 0; barcode < counts_[lane].size(); ++barcode)
            if (const auto n = counts_[lane][barcode]; n > 0 && row_of[lane][barcode] >= 0)
                begins[static_cast<std::size_t>(row_of[lane][barcode]) + 1] += n;
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    const auto most = static_cast<std::int64_t>(memory_bytes_ / 2 / kBytesOfEntry);
    auto result = std::make_unique<SortedRows>(static_cast<std::int64_t>(features_), begins.back() > most);
    for (std::size_t first = 0; first + 1 < begins.size();) {
        const auto after = std::upper_bound(begins.begin() + static_cast<std::ptrdiff_t>(first) + 2,
                                            begins.end(), begins[first] + most);
        const auto last = static_cast<std::size_t>(after - begins.begin()) - 1;
        auto columns = uninitialised_numbers(static_cast<std::size_t>(begins[last] - begins[first]));
        std::vector<std::int32_t*> next;
        for (auto row = first; row < last; ++row)
            next.push_back(columns.get() + (begins[row] - begins[first]));
        for_each(row_of, [&](auto row, auto feature) {
            const auto at = static_cast<std::size_t>(row) - first;
            if (at < next.size()) *next[at]++ = static_cast<std::int32_t>(feature);
        });
        if (last + 1 == begins.size()) release();
        result->add(std::move(columns), std::span(begins).subspan(first, last - first + 1));
        first = last;
    }
    release();
    return result;
}

}  // namespace epi
