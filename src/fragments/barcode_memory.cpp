#include "fragments/barcode_memory.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "core/text.hpp"

namespace epi {
namespace {

[[noreturn]] void too_many(std::uint64_t barcodes, const std::string& place, const std::string& remedy) {
    throw ResourceError(place,
                        "the tables of " + with_commas(static_cast<std::int64_t>(barcodes)) +
                            " barcodes and more do not fit into the memory allowed",
                        "check that " + remedy);
}

}  // namespace

BarcodeMemory::BarcodeMemory(std::uint64_t memory_bytes, std::size_t lanes)
    : limit_(std::max(memory_bytes, kLeast)), barcodes_(lanes), text_bytes_(lanes) {}

void BarcodeMemory::check(std::uint64_t all, const std::string& place) const {
    const auto of_lanes = std::accumulate(barcodes_.begin(), barcodes_.end(), std::uint64_t{0});
    const auto text = std::accumulate(text_bytes_.begin(), text_bytes_.end(), std::uint64_t{0});
    if (of_lanes * kBytesOfLane + all * kBytesOfAll + text * kCopies <= limit_) return;
    too_many(all, place, "column 4 holds barcodes; if so, give more with --memory, or fewer threads");
}

void BarcodeMemory::lane_has(std::size_t lane, std::size_t barcodes, std::size_t text_bytes,
                             const std::string& place) {
    const std::lock_guard lock(mutex_);
    barcodes_[lane] = barcodes;
    text_bytes_[lane] = text_bytes;
    check(*std::max_element(barcodes_.begin(), barcodes_.end()), place);
}

void BarcodeMemory::all_have(std::size_t barcodes, const std::string& place) {
    const std::lock_guard lock(mutex_);
    check(barcodes, place);
}

void check_barcode_table(const BarcodeTable& barcodes, std::uint64_t memory_bytes, const std::string& place) {
    constexpr std::uint64_t kBytes = 60, kCopies = 3, kLeast = 256U << 20;
    if (barcodes.size() * kBytes + barcodes.text_bytes() * kCopies > std::max(memory_bytes, kLeast))
        too_many(barcodes.size(), place,
                 "the tag or the expression gives barcodes; if so, give more with --memory");
}

}  // namespace epi
