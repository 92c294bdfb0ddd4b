#include "fragments/bit_packing.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace epi {
namespace {

static_assert(std::endian::native == std::endian::little, "packed columns are read as they lie in the file");

constexpr std::size_t kLanes = 4, kRows = kPackedGroup / kLanes;
constexpr unsigned kExceptions = 0x80;

// One word of each lane. The compiler has instructions for four at a time.
using Words = std::uint32_t __attribute__((vector_size(4 * kLanes)));

Words load_words(const char* at) {
    Words words;
    std::memcpy(&words, at, sizeof words);
    return words;
}

template <unsigned width>
void unpack(const char* packed, std::uint32_t* numbers) {
    constexpr std::uint32_t kMask = width == 32 ? ~0U : (1U << width) - 1;
    auto word = width == 0 ? Words{} : load_words(packed);
#pragma GCC unroll 32
    for (unsigned row = 0; row < kRows; ++row) {
        const unsigned bit = row * width % 32;
        Words value = word >> bit;
        if (bit + width >= 32 && row + 1 < kRows) {  // on to the next word
            packed += sizeof word;
            word = load_words(packed);
            if (bit + width > 32) value |= word << ((32 - bit) % 32);
        }
        value &= kMask;
        std::memcpy(numbers + kLanes * row, &value, sizeof value);
    }
}

using Unpack = void (*)(const char*, std::uint32_t*);

template <unsigned... widths>
constexpr std::array<Unpack, sizeof...(widths)> unpackers(std::integer_sequence<unsigned, widths...>) {
    return {unpack<widths>...};
}
constexpr auto kUnpack = unpackers(std::make_integer_sequence<unsigned, 33>());

void pack(const std::uint32_t* numbers, unsigned width, char* packed) {
    std::array<std::uint32_t, kPackedGroup> words{};
    for (std::size_t i = 0; i < kPackedGroup; ++i) {
        const auto bit = i / kLanes * width;
        const auto number = std::uint64_t{numbers[i]} & ((std::uint64_t{1} << width) - 1);
        const auto shifted = number << (bit % 32);
        auto* const word = &words[bit / 32 * kLanes + i % kLanes];
        *word |= static_cast<std::uint32_t>(shifted);
        if (bit % 32 + width > 32) word[kLanes] |= static_cast<std::uint32_t>(shifted >> 32);
    }
    std::memcpy(packed, words.data(), 4 * kLanes * width);
}

// How a group is packed.
struct GroupShape {
    unsigned width = 0;
    std::size_t exceptions = 0, high_bytes = 0;
    std::size_t size() const {
        return 1 + 4 * kLanes * width + (exceptions > 0 ? 2 + exceptions * (1 + high_bytes) : 0);
    }
};

GroupShape shape_of(const std::uint32_t* numbers, bool smallest) {
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < kPackedGroup; ++i) all |= numbers[i];
    GroupShape best{static_cast<unsigned>(std::bit_width(all)), 0, 0};
    if (!smallest) return best;
    std::array<std::uint8_t, 33> of_width{};
    for (std::size_t i = 0; i < kPackedGroup; ++i)
        ++of_width[static_cast<unsigned>(std::bit_width(numbers[i]))];
    GroupShape shape = best;
    for (const auto widest = best.width; shape.width > 0;) {
        shape.exceptions += of_width[shape.width--];
        shape.high_bytes = (widest - shape.width + 7) / 8;
        if (shape.exceptions > 0 && shape.size() < best.size()) best = shape;
    }
    return best;
}

void pack_group(const std::uint32_t* numbers, bool smallest, std::string& packed) {
    const auto shape = shape_of(numbers, smallest);
    const auto begin = packed.size();
    packed.resize(begin + shape.size());
    char* at = packed.data() + begin;
    *at++ = static_cast<char>(shape.width | (shape.exceptions > 0 ? kExceptions : 0));
    if (shape.exceptions > 0) {
        *at++ = static_cast<char>(shape.exceptions - 1);
        *at++ = static_cast<char>(shape.high_bytes);
    }
    pack(numbers, shape.width, at);
    at += 4 * kLanes * shape.width;
    if (shape.exceptions == 0) return;
    char* high_at = at + shape.exceptions;
    for (std::size_t i = 0; i < kPackedGroup; ++i) {
        const auto high = numbers[i] >> shape.width;  // with exceptions the width is below 32
        if (high == 0) continue;
        *at++ = static_cast<char>(i);
        std::memcpy(high_at, &high, shape.high_bytes);
        high_at += shape.high_bytes;
    }
}

template <std::size_t bytes>
void add_exceptions(const char* at, std::size_t n, unsigned width, std::uint32_t* numbers) {
    const char* high_at = at + n;
    for (std::size_t i = 0; i < n; ++i, high_at += bytes) {
        std::uint32_t high = 0;
        std::memcpy(&high, high_at, bytes);
        numbers[static_cast<unsigned char>(at[i]) % kPackedGroup] |= high << width;
    }
}

constexpr std::array kAddExceptions{add_exceptions<1>, add_exceptions<2>, add_exceptions<3>,
                                    add_exceptions<4>};

}  // namespace

void pack_column(std::span<const std::uint32_t> numbers, bool smallest, std::string& packed) {
    for (; numbers.size() >= kPackedGroup; numbers = numbers.subspan(kPackedGroup))
        pack_group(numbers.data(), smallest, packed);
    if (numbers.empty()) return;
    std::array<std::uint32_t, kPackedGroup> last{};
    std::copy(numbers.begin(), numbers.end(), last.begin());
    pack_group(last.data(), smallest, packed);
}

bool PackedColumn::next(std::uint32_t* numbers) {
    if (left_ < 1) return false;
    const auto head = static_cast<unsigned char>(*at_);
    const unsigned width = head & ~kExceptions;
    std::ptrdiff_t size = 1 + static_cast<std::ptrdiff_t>(4 * kLanes * width);
    if (width > 32 || size > left_) return false;
    if ((head & kExceptions) == 0) {
        kUnpack[width](at_ + 1, numbers);
    } else {
        if (width == 32 || left_ < 3) return false;
        const auto exceptions = static_cast<unsigned char>(at_[1]) + std::size_t{1};
        const auto bytes = static_cast<unsigned char>(at_[2]);
        if (bytes < 1 || bytes > kAddExceptions.size()) return false;
        size += 2 + static_cast<std::ptrdiff_t>(exceptions * (std::size_t{1} + bytes));
        if (size > left_) return false;
        kUnpack[width](at_ + 3, numbers);
        kAddExceptions[bytes - 1](at_ + 3 + 4 * kLanes * width, exceptions, width, numbers);
    }
    at_ += size;
    left_ -= size;
    return true;
}

}  // namespace epi
