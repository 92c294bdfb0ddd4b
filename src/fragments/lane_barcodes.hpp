#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fragments/barcode_table.hpp"

namespace epi {

// The barcodes that one thread meets, numbered 0, 1, ... Those of 16 bases with the suffix of the first of
// them (or none) are 32-bit numbers; all others are told apart by their whole text.
class LaneBarcodes {
  public:
    // What stands for a barcode until resolve(): the bases as 32 bits, or kNumbered and its number.
    using Code = std::uint64_t;
    static constexpr Code kNumbered = 1ULL << 32;

    // `cells`: those that are wanted; null: all. Must outlive this.
    explicit LaneBarcodes(const std::unordered_set<std::string>* cells = nullptr);

    // The code of any barcode; `position` is that of its fragment.
    Code code(std::string_view barcode, std::uint64_t position);
    // The same without a look at more than 16 bases and the common suffix: `text` must have 32 readable
    // bytes. How many bytes it has, or 0 if it is none of these.
    std::size_t quick_code(const char* text, Code& code) const {
        std::uint32_t bases;
        const bool good = pack_bases(text, bases);
        const bool same = (load_word(text + kBases) & suffix_mask_) == suffix_word_;
        code = bases;
        return good && same ? quick_size_ : 0;
    }

    // Numbers of the barcodes; the first has `position`, those behind it count on.
    void resolve(std::span<const Code> codes, std::uint32_t* ids, std::uint64_t position);

    std::size_t size() const { return codes_.size(); }
    // Of the barcodes whose text is kept.
    std::size_t text_bytes() const { return others_.text_bytes(); }
    std::string name(std::uint32_t id) const;
    // Of its first fragment.
    std::uint64_t first_position(std::uint32_t id) const { return first_[id]; }
    const char* wanted() const { return cells_ == nullptr ? nullptr : wanted_.data(); }

  private:
    static constexpr std::size_t kBases = 16;
    static std::uint64_t load_word(const char* text) {
        std::uint64_t word;
        std::memcpy(&word, text, sizeof word);
        return word;
    }
    // The 16 bits that stand for eight bases; false if a letter is no base. All eight at once.
    static bool pack_eight(std::uint64_t word, std::uint32_t& bits) {
        constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
        const auto low = (word >> 1) & kOnes, high = (word >> 2) & kOnes;
        const auto both = high & low, only_high = high & ~low;
        const auto letters = (kOnes * 'A') ^ (low << 1) ^ (both << 2) ^ (only_high * 0x15);
        auto x = low | (high << 1);
        x = (x | (x >> 6)) & 0x000F000F000F000FULL;
        x = (x | (x >> 12)) & 0x000000FF000000FFULL;
        bits = static_cast<std::uint32_t>((x | (x >> 24)) & 0xFFFF);
        return letters == word;
    }
    static bool pack_bases(const char* text, std::uint32_t& bases) {
        std::uint32_t first, second;
        const bool first_good = pack_eight(load_word(text), first);
        const bool second_good = pack_eight(load_word(text + 8), second);
        bases = first | (second << 16);
        return first_good & second_good;
    }

    std::uint32_t add(Code code, std::uint64_t position);
    std::uint32_t find_or_add(std::uint32_t bases, std::uint64_t position);
    std::size_t slot_of(std::uint32_t bases) const {
        return static_cast<std::size_t>((bases * 0x9E3779B97F4A7C15ULL) >> shift_);
    }
    void grow();

    const std::unordered_set<std::string>* cells_;
    std::vector<std::uint64_t> slots_;  // number + 1 above the bases; 0: free; at most half full
    int shift_;
    bool suffix_known_ = false;
    std::string suffix_;
    std::size_t quick_size_ = 0;  // bases and suffix; 0: not known yet
    std::uint64_t suffix_word_ = 0, suffix_mask_ = 0;
    BarcodeTable others_;
    std::vector<std::uint32_t> id_of_other_;
    // By number.
    std::vector<Code> codes_;  // of others: kNumbered and the number in others_
    std::vector<std::uint64_t> first_;
    std::vector<char> wanted_;
};

}  // namespace epi
