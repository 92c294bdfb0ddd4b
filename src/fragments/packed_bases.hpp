#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>
#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

namespace epi {

// What the two bits of a base stand for: bits 1 and 2 of its letter.
inline constexpr std::string_view kBaseLetters = "ACTG";

// The bits of eight letters, all at once.
inline bool pack_eight_bases(const char* text, std::uint32_t& bits) {
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    std::uint64_t word;
    std::memcpy(&word, text, sizeof word);
    const auto low = (word >> 1) & kOnes, high = (word >> 2) & kOnes;
    const auto both = high & low, only_high = high & ~low;
    const auto letters = (kOnes * 'A') ^ (low << 1) ^ (both << 2) ^ (only_high * 0x15);
    auto x = low | (high << 1);
    x = (x | (x >> 6)) & 0x000F000F000F000FULL;
    x = (x | (x >> 12)) & 0x000000FF000000FFULL;
    bits = static_cast<std::uint32_t>((x | (x >> 24)) & 0xFFFF);
    return letters == word;
}

// Sixteen letters A, C, G, T as 32 bits, two each, the first lowest; false if one is no base.
inline bool pack_bases(const char* text, std::uint32_t& bases) {
    std::uint32_t first, second;
    const bool first_good = pack_eight_bases(text, first);
    const bool second_good = pack_eight_bases(text + 8, second);
    bases = first | (second << 16);
    return first_good & second_good;
}

#if defined(__x86_64__)
// The same for processors that have SSSE3, in a fifth of the instructions.
__attribute__((target("ssse3"))) inline bool pack_bases_ssse3(const char* text, std::uint32_t& bases) {
    const auto letters = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const auto codes = _mm_and_si128(_mm_srli_epi16(letters, 1), _mm_set1_epi8(3));
    const auto of_code = _mm_cvtsi32_si128('A' | 'C' << 8 | 'T' << 16 | 'G' << 24);
    const auto same = _mm_cmpeq_epi8(_mm_shuffle_epi8(of_code, codes), letters);
    const auto by_two = _mm_maddubs_epi16(codes, _mm_set1_epi16(0x0401));
    const auto by_four = _mm_madd_epi16(by_two, _mm_set1_epi32(0x00100001));
    const auto lowest_bytes = _mm_cvtsi32_si128(0x0C080400);
    bases = static_cast<std::uint32_t>(_mm_cvtsi128_si32(_mm_shuffle_epi8(by_four, lowest_bytes)));
    return _mm_movemask_epi8(same) == 0xFFFF;
}
#endif

}  // namespace epi
