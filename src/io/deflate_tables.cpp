#include "io/deflate_tables.hpp"

#include <algorithm>
#include <bit>

namespace epi {

static_assert(std::endian::native == std::endian::little, "the tables are read as numbers and as bytes");

constexpr std::array<NumberCode, kLengths> kLengthCodes{
    {{3, 0},  {4, 0},  {5, 0},  {6, 0},   {7, 0},   {8, 0},   {9, 0},   {10, 0},  {11, 1}, {13, 1},
     {15, 1}, {17, 1}, {19, 2}, {23, 2},  {27, 2},  {31, 2},  {35, 3},  {43, 3},  {51, 3}, {59, 3},
     {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}}};
constexpr std::array<NumberCode, kDistances> kDistanceCodes{
    {{1, 0},     {2, 0},     {3, 0},     {4, 0},      {5, 1},      {7, 1},     {9, 2},     {13, 2},
     {17, 3},    {25, 3},    {33, 4},    {49, 4},     {65, 5},     {97, 5},    {129, 6},   {193, 6},
     {257, 7},   {385, 7},   {513, 8},   {769, 8},    {1025, 9},   {1537, 9},  {2049, 10}, {3073, 10},
     {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13}}};

bool PrefixCode::assign(std::span<const std::uint8_t> lengths) {
    count_.fill(0);
    for (const auto length : lengths) ++count_[length];
    const auto used = lengths.size() - count_[0];
    count_[0] = 0;
    std::array<std::uint16_t, kLongestWord + 2> next{};
    int free = 1;
    for (std::size_t length = 1; length <= kLongestWord; ++length) {
        free = 2 * free - count_[length];
        if (free < 0) return false;
        next[length + 1] = static_cast<std::uint16_t>(next[length] + count_[length]);
    }
    if (free > 0 && used > count_[1]) return false;
    for (std::size_t i = 0; i < lengths.size(); ++i)
        if (lengths[i] > 0) symbols_[next[lengths[i]]++] = static_cast<std::uint16_t>(i);
    return true;
}

PrefixCode::Word PrefixCode::read(std::uint64_t bits) const {
    int word = 0, first = 0, before = 0;
    for (int length = 1; length <= kLongestWord; ++length, bits >>= 1) {
        word = word << 1 | static_cast<int>(bits & 1);
        first <<= 1;
        const int n = words(length);
        if (word - first < n) return {symbols_[static_cast<std::size_t>(before + word - first)], length};
        first += n;
        before += n;
    }
    return {};
}

namespace {

constexpr LiteralsAndLength kNoLiteral{{}, 0, 0, 0, 0, 1, 0};
constexpr Distance kNoDistance{0, 0, 0, 0};

constexpr std::array<std::uint8_t, 256> reversed_bytes() {
    std::array<std::uint8_t, 256> table{};
    for (unsigned byte = 0; byte < table.size(); ++byte)
        for (unsigned bit = 0; bit < 8; ++bit)
            table[byte] |= static_cast<std::uint8_t>((byte >> bit & 1) << (7 - bit));
    return table;
}

// The lowest `bits` (at most 16) of a word, the first last.
std::size_t reversed(unsigned word, int bits) {
    static constexpr auto kReversed = reversed_bytes();
    return static_cast<std::size_t>(kReversed[word & 0xff] << 8 | kReversed[word >> 8 & 0xff]) >> (16 - bits);
}

// Sets each entry to that of the word its index begins with; `none` where this is longer.
template <class Entry, std::size_t kSize, class EntryOf>
void fill(std::array<Entry, kSize>& table, const PrefixCode& code, Entry none, EntryOf&& entry_of) {
    const auto* symbol = code.symbols();
    unsigned word = 0;
    std::size_t size = 1;
    table[0] = none;
    for (int length = 1; size < kSize; ++length) {  // indices of one bit more: the same twice
        std::copy_n(table.begin(), size, table.begin() + static_cast<std::ptrdiff_t>(size));
        size *= 2;
        word <<= 1;
        for (int i = 0; i < code.words(length); ++i)
            table[reversed(word++, length)] = entry_of(*symbol++, static_cast<std::uint8_t>(length));
    }
}

LiteralsAndLength single_entry(int symbol, std::uint8_t bits) {
    if (symbol < 256) return {{static_cast<std::uint8_t>(symbol), 0}, 1, 0, bits, bits, 0, 0};
    if (symbol < kFirstLength || symbol >= kFirstLength + kLengths) return kNoLiteral;
    const auto [first, extra] = kLengthCodes[static_cast<std::size_t>(symbol - kFirstLength)];
    if (first + (1 << extra) - 1 > DeflateTables::kLongestMatch) return kNoLiteral;
    return {{},
            0,
            static_cast<std::uint8_t>((1 << extra) - 1),
            static_cast<std::uint8_t>(bits + extra),
            bits,
            static_cast<std::uint8_t>(first),
            -1};
}

Distance distance_entry(int symbol, std::uint8_t bits) {
    if (symbol >= kDistances) return kNoDistance;
    const auto [first, extra] = kDistanceCodes[static_cast<std::size_t>(symbol)];
    return {static_cast<std::uint8_t>(bits + extra), bits, first,
            static_cast<std::uint16_t>((1 << extra) - 1)};
}

}  // namespace

void ShortWords::assign(const PrefixCode& code) {
    fill(words_, code, PrefixCode::Word(), [](int symbol, int bits) {
        return PrefixCode::Word{symbol, bits};
    });
}

void DeflateTables::assign(const PrefixCode& literal_code, const PrefixCode& distance_code) {
    fill(single_, literal_code, kNoLiteral, single_entry);
    fill(distances, distance_code, kNoDistance, distance_entry);
    // Behind a literal of n bits, index >> n is the index of what follows, if that takes no more than the
    // rest. Without jumps: half of them could not be foreseen.
    for (std::size_t i = 0; i < literals.size(); ++i) {
        const auto first = std::bit_cast<std::uint64_t>(single_[i]);
        const auto n = first >> 40 & 0xff;
        const auto rest = std::bit_cast<std::uint64_t>(single_[i >> n]);
        const bool both = ((first >> 16 & 1) != 0) & ((rest >> 40 & 0xff) - 1 < kLiteralBits - n);
        const auto behind = rest + (rest & 0xff) * 0xff + (1ULL << 16) + (n << 32) + (n << 40);
        literals[i] = std::bit_cast<LiteralsAndLength>(first + (both ? behind - (first & ~0xffULL) : 0));
    }
}

}  // namespace epi
