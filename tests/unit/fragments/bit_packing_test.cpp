#include "fragments/bit_packing.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "core/random.hpp"

namespace epi {
namespace {

std::vector<std::uint32_t> unpacked(std::string_view packed, std::size_t n) {
    std::vector<std::uint32_t> numbers((n + kPackedGroup - 1) / kPackedGroup * kPackedGroup);
    PackedColumn column(packed);
    for (std::size_t i = 0; i < n; i += kPackedGroup) EXPECT_TRUE(column.next(numbers.data() + i));
    EXPECT_TRUE(column.ended());
    numbers.resize(n);
    return numbers;
}

TEST(BitPacking, GivesBackNumbersOfEveryWidth) {
    Rng rng(1);
    for (unsigned width = 0; width <= 32; ++width)
        for (const std::size_t n : {1, 127, 128, 129, 1000}) {
            std::vector<std::uint32_t> numbers(n);
            for (auto& number : numbers)
                number = static_cast<std::uint32_t>(rng.below(std::uint64_t{1} << width));
            numbers.back() = static_cast<std::uint32_t>((std::uint64_t{1} << width) - 1);
            // A few that are far wider than the others.
            if (rng.chance(0.5)) numbers[rng.below(n)] = ~0U;
            for (const bool smallest : {false, true}) {
                std::string packed;
                pack_column(numbers, smallest, packed);
                ASSERT_EQ(unpacked(packed, n), numbers) << width << " bits";
            }
        }
}

TEST(BitPacking, FewWideNumbersCostLittle) {
    std::vector<std::uint32_t> numbers(128, 3);
    numbers[77] = 1U << 20;
    std::string all, smallest;
    pack_column(numbers, false, all);
    pack_column(numbers, true, smallest);
    EXPECT_EQ(all.size(), 1 + 16 * 21U);
    EXPECT_EQ(smallest.size(), 1 + 2 + 16 * 2U + 1 + 3);
    EXPECT_EQ(unpacked(smallest, 128), numbers);
}

// As docs/formats.md has it, written out for one group by hand.
TEST(BitPacking, LaysNumbersOutInFourLanes) {
    std::vector<std::uint32_t> numbers(128);
    for (std::uint32_t i = 0; i < 128; ++i) numbers[i] = i % 8;
    std::string packed;
    pack_column(numbers, false, packed);
    ASSERT_EQ(packed.size(), 1 + 16 * 3U);
    EXPECT_EQ(packed[0], 3);
    for (std::size_t i = 0; i < 128; ++i) {
        std::uint32_t number = 0;
        for (unsigned bit = 0; bit < 3; ++bit) {
            const auto at = i / 4 * 3 + bit;  // in the lane
            const auto byte = 1 + 16 * (at / 32) + 4 * (i % 4) + at % 32 / 8;
            number |= static_cast<unsigned>((packed[byte] >> (at % 8)) & 1) << bit;
        }
        EXPECT_EQ(number, numbers[i]);
    }
}

// Each input in memory of its own, so that the sanitizer sees every byte read beyond it.
TEST(BitPacking, NoBytesMakeItReadElsewhere) {
    Rng rng(2);
    std::array<std::uint32_t, kPackedGroup> numbers;
    for (int round = 0; round < 20000; ++round) {
        const auto n = rng.below(200);
        const auto bytes = std::make_unique<char[]>(n);
        for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<char>(rng.below(256));
        if (n > 2 && rng.chance(0.7))
            bytes[0] = static_cast<char>(rng.below(12) | (rng.chance(0.5) ? 128 : 0));
        if (n > 2 && rng.chance(0.7)) bytes[2] = static_cast<char>(rng.below(6));
        PackedColumn column({bytes.get(), n});
        for (int i = 0; i < 300 && column.next(numbers.data()); ++i) {
        }
    }
    EXPECT_FALSE(PackedColumn(std::string_view()).next(numbers.data()));
    EXPECT_FALSE(PackedColumn(std::string_view("\x21", 1)).next(numbers.data())) << "33 bits";
}

}  // namespace
}  // namespace epi
