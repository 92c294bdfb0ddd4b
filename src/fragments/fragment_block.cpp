#include "fragments/fragment_block.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "genome/chromosomes.hpp"

namespace epi {
namespace {

using BlockHead = std::array<std::uint32_t, kBlockHead / 4>;

BlockHead head_of(std::string_view bytes) {
    BlockHead head;
    std::memcpy(head.data(), bytes.data(), kBlockHead);
    return head;
}

// A column of a batch, as the numbers that are packed.
std::uint32_t* numbers_of(std::array<std::int32_t, FragmentBatch::kCapacity>& column) {
    return reinterpret_cast<std::uint32_t*>(column.data());
}

}  // namespace

void encode_fragments(const FragmentColumns& columns, std::size_t first, std::size_t rows, bool smallest,
                      std::string& block) {
    const auto begin = block.size();
    block.resize(begin + kBlockHead);
    BlockHead head{static_cast<std::uint32_t>(rows), columns.start[first]};
    auto done = block.size();
    const auto add = [&](std::size_t column, std::span<const std::uint32_t> numbers) {
        pack_column(numbers, smallest, block);
        head[2 + column] = static_cast<std::uint32_t>(block.size() - done);
        done = block.size();
    };
    std::vector<std::uint32_t> numbers(rows);
    for (std::size_t i = 1; i < rows; ++i)
        numbers[i] = columns.start[first + i] - columns.start[first + i - 1];
    add(0, numbers);
    for (std::size_t i = 0; i < rows; ++i) numbers[i] = columns.end[first + i] - columns.start[first + i];
    add(1, numbers);
    add(2, std::span(columns.barcode).subspan(first, rows));
    add(3, std::span(columns.reads).subspan(first, rows));
    std::memcpy(block.data() + begin, head.data(), kBlockHead);
}

std::uint64_t block_size_of(std::string_view bytes) {
    const auto head = head_of(bytes);
    std::uint64_t size = kBlockHead;
    for (std::size_t i = 2; i < head.size(); ++i) size += head[i];
    return size;
}

bool BlockDecoder::open(std::string_view block, std::uint64_t barcodes) {
    rows_ = left_ = 0;
    if (block.size() < kBlockHead || block_size_of(block) != block.size()) return false;
    const auto head = head_of(block);
    std::size_t at = kBlockHead;
    for (auto [column, size] : {std::pair(&start_, head[2]), std::pair(&length_, head[3]),
                                std::pair(&barcode_, head[4]), std::pair(&reads_, head[5])}) {
        *column = PackedColumn(block.substr(at, size));
        at += size;
    }
    rows_ = left_ = head[0];
    last_start_ = head[1];
    barcodes_ = barcodes;
    return rows_ > 0;
}

bool BlockDecoder::next(FragmentBatch& batch, bool reads) {
    static_assert(FragmentBatch::kCapacity % kPackedGroup == 0);
    const auto n = std::min<std::size_t>(left_, FragmentBatch::kCapacity);
    batch.size = n;
    auto* const start = numbers_of(batch.start);
    auto* const end = numbers_of(batch.end);
    for (std::size_t i = 0; i < n; i += kPackedGroup) {
        if (!start_.next(start + i) || !length_.next(end + i) || !barcode_.next(batch.barcode.data() + i))
            return false;
        if (reads && !reads_.next(batch.reads.data() + i)) return false;
    }
    auto last = last_start_;
    std::uint32_t most = 0, latest = 0, wrong = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto before = last;
        start[i] = last += start[i];
        wrong |= last < before ? 1U : 0U;
    }
    for (std::size_t i = 0; i < n; ++i) {
        end[i] += start[i];
        wrong |= end[i] < start[i] ? 1U : 0U;
        latest = std::max(latest, end[i]);
        most = std::max(most, batch.barcode[i]);
    }
    last_start_ = last;
    left_ -= static_cast<std::uint32_t>(n);
    if (left_ == 0 && !(start_.ended() && length_.ended() && barcode_.ended() && (reads_.ended() || !reads)))
        return false;
    return wrong == 0 && latest <= kMaxCoordinate && (n == 0 || most < barcodes_);
}

}  // namespace epi
