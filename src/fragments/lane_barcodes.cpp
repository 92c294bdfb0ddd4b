#include "fragments/lane_barcodes.hpp"

#include <algorithm>
#include <cstring>

#include "core/huge_pages.hpp"

namespace epi {
namespace {

constexpr std::size_t kAhead = 24;

}  // namespace

LaneBarcodes::LaneBarcodes(const std::unordered_set<std::string>* cells)
    : cells_(cells), slots_(1U << 12), shift_(64 - 12) {}

LaneBarcodes::Code LaneBarcodes::code(std::string_view barcode, std::uint64_t position) {
    std::uint32_t bases;
    if (barcode.size() >= kBases && barcode.size() <= kBases + 7 && pack_bases(barcode.data(), bases)) {
        const auto suffix = barcode.substr(kBases);
        if (!suffix_known_) {
            suffix_known_ = true;
            suffix_ = suffix;
            quick_size_ = kBases + suffix.size();
            std::memcpy(&suffix_word_, suffix_.data(), suffix_.size());
            suffix_mask_ = (1ULL << (8 * suffix_.size())) - 1;
        }
        if (suffix == suffix_) return bases;
    }
    const auto other = others_.id(barcode);
    if (other == id_of_other_.size()) id_of_other_.push_back(add(kNumbered | other, position));
    return kNumbered | id_of_other_[other];
}

void LaneBarcodes::resolve(std::span<const Code> codes, std::uint32_t* ids, std::uint64_t position) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const auto ahead = static_cast<std::uint32_t>(codes[std::min(i + kAhead, codes.size() - 1)]);
        __builtin_prefetch(&slots_[slot_of(ahead)]);
        const auto code = codes[i];
        const auto bases = static_cast<std::uint32_t>(code);
        const auto slot = slots_[slot_of(bases)];
        if (code < kNumbered && static_cast<std::uint32_t>(slot) == bases && slot >> 32 != 0)
            ids[i] = static_cast<std::uint32_t>(slot >> 32) - 1;
        else
            ids[i] = code >= kNumbered ? bases : find_or_add(bases, position + i);
    }
}

std::uint32_t LaneBarcodes::find_or_add(std::uint32_t bases, std::uint64_t position) {
    for (auto i = slot_of(bases);; i = (i + 1) & (slots_.size() - 1)) {
        const auto slot = slots_[i];
        if (slot >> 32 != 0 && static_cast<std::uint32_t>(slot) == bases)
            return static_cast<std::uint32_t>(slot >> 32) - 1;
        if (slot >> 32 != 0) continue;
        const auto id = add(bases, position);
        slots_[i] = (std::uint64_t{id + 1} << 32) | bases;
        if (size() * 2 > slots_.size()) grow();
        return id;
    }
}

std::uint32_t LaneBarcodes::add(Code code, std::uint64_t position) {
    const auto id = static_cast<std::uint32_t>(size());
    codes_.push_back(code);
    first_.push_back(position);
    if (cells_ != nullptr) wanted_.push_back(cells_->contains(name(id)) ? 1 : 0);
    return id;
}

void LaneBarcodes::grow() {
    std::vector<std::uint64_t> old;
    old.reserve(slots_.size() * 2);
    prefer_huge_pages(old.data(), old.capacity() * sizeof(std::uint64_t));
    old.resize(slots_.size() * 2);
    old.swap(slots_);
    --shift_;
    for (const auto slot : old) {
        if (slot == 0) continue;
        auto i = slot_of(static_cast<std::uint32_t>(slot));
        while (slots_[i] != 0) i = (i + 1) & (slots_.size() - 1);
        slots_[i] = slot;
    }
}

std::string LaneBarcodes::name(std::uint32_t id) const {
    const auto code = codes_[id];
    if (code >= kNumbered) return std::string(others_.name(static_cast<std::uint32_t>(code)));
    std::string text(kBases, 'A');
    for (std::size_t i = 0; i < kBases; ++i) text[i] = kBaseLetters[(code >> (2 * i)) & 3];
    return text + suffix_;
}

}  // namespace epi
