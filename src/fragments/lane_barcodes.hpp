#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fragments/barcode_table.hpp"
#include "fragments/packed_bases.hpp"

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
    // The same without a look at more than 16 bases and the common suffix, where `Pack` is one of
    // packed_bases.hpp: `text` must have 32 readable bytes. How many bytes it has, or 0 if it is none of
    // these.
    template <bool (*Pack)(const char*, std::uint32_t&)>
    std::size_t quick_code(const char* text, Code& code) const;

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

template <bool (*Pack)(const char*, std::uint32_t&)>
inline __attribute__((always_inline)) std::size_t LaneBarcodes::quick_code(const char* text,
                                                                           Code& code) const {
    std::uint32_t bases;
    const bool good = Pack(text, bases);
    std::uint64_t suffix;
    std::memcpy(&suffix, text + kBases, sizeof suffix);
    code = bases;
    return good && (suffix & suffix_mask_) == suffix_word_ ? quick_size_ : 0;
}

}  // namespace epi
