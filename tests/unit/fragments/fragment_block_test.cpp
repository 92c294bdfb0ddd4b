#include "fragments/fragment_block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "core/random.hpp"

namespace epi {
namespace {

FragmentColumns random_columns(Rng& rng, std::size_t n) {
    FragmentColumns columns;
    for (std::size_t i = 0; i < n; ++i)
        columns.start.push_back(static_cast<std::uint32_t>(rng.below(3'000'000)));
    std::sort(columns.start.begin(), columns.start.end());
    for (const auto start : columns.start) {
        columns.end.push_back(start +
                              static_cast<std::uint32_t>(rng.below(rng.chance(0.01) ? 1'000'000 : 900)));
        columns.barcode.push_back(static_cast<std::uint32_t>(rng.below(rng.chance(0.1) ? 200'000 : 3000)));
        columns.reads.push_back(static_cast<std::uint32_t>(rng.below(rng.chance(0.01) ? 4'000'000'000U : 5)));
    }
    return columns;
}

// False if the block is refused.
bool decode(std::string_view block, std::uint64_t barcodes, FragmentColumns& columns) {
    BlockDecoder decoder;
    if (!decoder.open(block, barcodes)) return false;
    FragmentBatch batch;
    while (decoder.next(batch)) {
        if (batch.size == 0) return true;
        for (std::size_t i = 0; i < batch.size; ++i) {
            columns.start.push_back(static_cast<std::uint32_t>(batch.start[i]));
            columns.end.push_back(static_cast<std::uint32_t>(batch.end[i]));
            columns.barcode.push_back(batch.barcode[i]);
            columns.reads.push_back(batch.reads[i]);
        }
    }
    return false;
}

TEST(FragmentBlock, GivesBackItsFragments) {
    Rng rng(1);
    for (const std::size_t n : {1, 2, 128, 1000, 1024, 1025, 8192, 9000})
        for (const bool smallest : {false, true}) {
            const auto columns = random_columns(rng, n);
            std::string block = "before";
            encode_fragments(columns, 0, n, smallest, block);
            const auto bytes = std::string_view(block).substr(6);
            EXPECT_EQ(block_size_of(bytes), bytes.size());
            FragmentColumns decoded;
            ASSERT_TRUE(decode(bytes, 200'000, decoded));
            EXPECT_EQ(decoded.start, columns.start);
            EXPECT_EQ(decoded.end, columns.end);
            EXPECT_EQ(decoded.barcode, columns.barcode);
            EXPECT_EQ(decoded.reads, columns.reads);
            const auto most = *std::max_element(columns.barcode.begin(), columns.barcode.end());
            EXPECT_FALSE(decode(bytes, most, decoded)) << "a barcode that there is not";
        }
}

TEST(FragmentBlock, RefusesCoordinatesOutOfOrderOrRange) {
    FragmentColumns columns{{5, 4}, {9, 9}, {0, 0}, {1, 1}}, decoded;
    std::string block;
    encode_fragments(columns, 0, 2, true, block);
    EXPECT_FALSE(decode(block, 1, decoded)) << "starts descend";
    columns = {{5, 9}, {4, 9}, {0, 0}, {1, 1}};
    encode_fragments(columns, 0, 2, true, block = {});
    EXPECT_FALSE(decode(block, 1, decoded)) << "an end before its start";
    columns = {{5, 9}, {6, (1U << 31) - 1}, {0, 0}, {1, 1}};
    encode_fragments(columns, 0, 2, true, block = {});
    EXPECT_FALSE(decode(block, 1, decoded)) << "beyond the largest coordinate";
}

// What a damaged block gives are fragments or nothing, never a read beyond its bytes.
TEST(FragmentBlock, NoBytesMakeItReadElsewhere) {
    Rng rng(2);
    for (int round = 0; round < 3000; ++round) {
        std::string block;
        const auto columns = random_columns(rng, 1 + rng.below(300));
        encode_fragments(columns, 0, columns.size(), rng.chance(0.5), block);
        for (auto flips = 1 + rng.below(4); flips > 0; --flips) {
            const auto at = rng.chance(0.3) ? rng.below(kBlockHead) : rng.below(block.size());
            block[at] = static_cast<char>(block[at] ^ (1 << rng.below(8)));
        }
        const auto n = rng.chance(0.2) ? rng.below(block.size()) : block.size();
        const auto bytes = std::make_unique<char[]>(n);
        std::copy_n(block.begin(), n, bytes.get());
        FragmentColumns decoded;
        decode({bytes.get(), n}, 200'000, decoded);
        for (std::size_t i = 0; i < decoded.size(); ++i) {
            ASSERT_LE(decoded.start[i], decoded.end[i]);
            ASSERT_LT(decoded.barcode[i], 200'000U);
        }
    }
}

}  // namespace
}  // namespace epi
