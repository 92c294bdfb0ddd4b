#pragma once
#include <array>
#include <cstdint>
#include <span>

namespace epi {

// What DeflateDecoder looks up (RFC 1951). A word's first bit is the lowest of a number.

// A prefix code of symbols 0, 1, ...
class PrefixCode {
  public:
    static constexpr int kLongestWord = 15;
    struct Word {
        int symbol = -1;  // -1: no word of the code
        int bits = 0;
    };

    // `lengths[i]`: bits of the word of symbol i; 0: it has none. At most 288. False: they make no complete
    // code, nor a code of no word or of a single bit.
    bool assign(std::span<const std::uint8_t> lengths);
    // The word that the bits begin with, found bit by bit.
    Word read(std::uint64_t bits) const;

    // Words of this length, and the symbols in the order of the words.
    int words(int length) const { return count_[static_cast<std::size_t>(length)]; }
    const std::uint16_t* symbols() const { return symbols_.data(); }

  private:
    std::array<std::uint16_t, kLongestWord + 1> count_{};
    std::array<std::uint16_t, 288> symbols_{};
};

// The words of a code of at most seven bits, by the next bits of the data.
class ShortWords {
  public:
    static constexpr int kBits = 7;
    void assign(const PrefixCode& code);
    PrefixCode::Word read(std::uint64_t bits) const { return words_[bits % words_.size()]; }

  private:
    std::array<PrefixCode::Word, 1U << kBits> words_;
};

struct NumberCode {
    std::uint16_t first;  // the smallest number
    std::uint8_t extra;   // bits behind the word that are added to it
};
// Of symbols 257 to 285.
inline constexpr int kFirstLength = 257, kLengths = 29, kDistances = 30;
extern const std::array<NumberCode, kLengths> kLengthCodes;
extern const std::array<NumberCode, kDistances> kDistanceCodes;

// What the next bits say: up to two literals, then perhaps a match (its length; the distance follows).
struct alignas(8) LiteralsAndLength {
    std::array<std::uint8_t, 2> literals;
    std::uint8_t literal_count;
    std::uint8_t extra;      // what the extra bits of the length may set
    std::uint8_t bits;       // all that they take; 0: not in the table
    std::uint8_t code_bits;  // the same without the extra bits of the length
    std::uint8_t length;     // of the match, without the extra bits
    std::int8_t match;       // -1 (all bits set) with a match, else 0
};
static_assert(sizeof(LiteralsAndLength) == 8);

struct alignas(8) Distance {
    std::uint8_t bits;       // with the extra bits; 0: not in the table
    std::uint8_t code_bits;  // without
    std::uint16_t first;
    std::uint16_t extra;  // what the extra bits may set
};

// By the next bits of the data. Longer words, long matches, the end of a block and words without meaning are
// not in the tables: their entry has no bits, and a length that no distance allows.
struct DeflateTables {
    static constexpr int kLiteralBits = 10, kDistanceBits = 8;
    // Of the longest match in the table.
    static constexpr int kLongestMatch = 32;

    std::array<LiteralsAndLength, 1U << kLiteralBits> literals;
    std::array<Distance, 1U << kDistanceBits> distances;

    void assign(const PrefixCode& literal_code, const PrefixCode& distance_code);

  private:
    std::array<LiteralsAndLength, 1U << kLiteralBits> single_;  // one word each
};

}  // namespace epi
