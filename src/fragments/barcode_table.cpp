#include "fragments/barcode_table.hpp"

#include <array>
#include <cstring>

#include "core/huge_pages.hpp"

namespace epi {
namespace {

// Eight bytes at a time: barcodes are short and this is called for each fragment.
std::uint32_t hash_of(std::string_view text) {
    std::uint64_t hash = 0x9E3779B97F4A7C15ULL ^ text.size();
    while (!text.empty()) {
        std::uint64_t word = 0;
        const auto n = text.size() < 8 ? text.size() : 8;
        std::memcpy(&word, text.data(), n);
        hash = (hash ^ word) * 0xD6E8FEB86659FD93ULL;
        hash ^= hash >> 32;
        text.remove_prefix(n);
    }
    return static_cast<std::uint32_t>((hash * 0xD6E8FEB86659FD93ULL) >> 32);
}

}  // namespace

BarcodeTable::BarcodeTable() : slots_(1U << 12) {}

std::uint32_t BarcodeTable::id(std::string_view barcode) {
    return find_or_add(barcode, hash_of(barcode));
}

void BarcodeTable::ids(std::span<const std::string> barcodes, std::uint32_t* ids) {
    constexpr std::size_t kAhead = 16;
    std::array<std::uint32_t, kAhead> hashes{};
    for (std::size_t i = 0; i < barcodes.size() + kAhead; ++i) {
        if (i >= kAhead) ids[i - kAhead] = find_or_add(barcodes[i - kAhead], hashes[i % kAhead]);
        if (i >= barcodes.size()) continue;
        hashes[i % kAhead] = hash_of(barcodes[i]);
        __builtin_prefetch(&slots_[hashes[i % kAhead] & (slots_.size() - 1)]);
    }
}

std::uint32_t BarcodeTable::find_or_add(std::string_view barcode, std::uint32_t hash) {
    for (std::size_t i = hash & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
        Slot& slot = slots_[i];
        if (slot.id_plus_one == 0) {
            const auto id = static_cast<std::uint32_t>(size());
            slot = {hash, id + 1};
            text_ += barcode;
            begins_.push_back(text_.size());
            if (size() * 2 > slots_.size()) resize(slots_.size() * 2);
            return id;
        }
        if (slot.hash == hash && name(slot.id_plus_one - 1) == barcode) return slot.id_plus_one - 1;
    }
}

void BarcodeTable::reserve(std::size_t barcodes) {
    auto slots = slots_.size();
    while (barcodes * 2 > slots) slots *= 2;
    if (slots > slots_.size()) resize(slots);
}

void BarcodeTable::resize(std::size_t slots) {
    std::vector<Slot> larger;
    larger.reserve(slots);
    prefer_huge_pages(larger.data(), slots * sizeof(Slot));
    larger.resize(slots);
    for (const Slot& slot : slots_) {
        if (slot.id_plus_one == 0) continue;
        std::size_t i = slot.hash & (larger.size() - 1);
        while (larger[i].id_plus_one != 0) i = (i + 1) & (larger.size() - 1);
        larger[i] = slot;
    }
    slots_ = std::move(larger);
}

}  // namespace epi
