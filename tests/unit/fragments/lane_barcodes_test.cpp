#include "fragments/lane_barcodes.hpp"

#include <gtest/gtest.h>

#include <unordered_map>

#include "core/random.hpp"

namespace epi {
namespace {

std::string random_barcode(Rng& rng) {
    std::string barcode(rng.chance(0.8) ? 16 : rng.below(30) + 1, 'A');
    for (auto& base : barcode) base = "ACGT"[rng.below(rng.chance(0.9) ? 2 : 4)];
    if (rng.chance(0.02)) barcode[rng.below(barcode.size())] = "Nacgt_"[rng.below(6)];
    if (rng.chance(0.9)) barcode += rng.chance(0.9) ? "-1" : "-12";
    return barcode;
}

TEST(LaneBarcodes, TellsBarcodesOfAnyFormApart) {
    Rng rng(3);
    LaneBarcodes barcodes;
    std::unordered_map<std::string, std::uint64_t> first;
    std::unordered_map<std::string, std::uint32_t> ids;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        const auto barcode = random_barcode(rng);
        LaneBarcodes::Code code = 0;
        const auto text = barcode + std::string(40, '\t');
        const auto quick = barcodes.quick_code<pack_bases>(text.data(), code);
        const auto slow = barcodes.code(barcode, i);
        // The quick way may take a longer barcode for one of the usual form; who calls it looks at what
        // follows.
        ASSERT_TRUE(quick != barcode.size() || code == slow) << barcode;
        std::uint32_t id = 0;
        barcodes.resolve({&slow, 1}, &id, i);
        first.try_emplace(barcode, i);
        ASSERT_EQ(ids.try_emplace(barcode, id).first->second, id) << barcode;
    }
    ASSERT_EQ(ids.size(), barcodes.size());
    for (const auto& [barcode, id] : ids) {
        ASSERT_EQ(barcodes.name(id), barcode);
        ASSERT_EQ(barcodes.first_position(id), first[barcode]);
    }
}

TEST(PackedBases, AreTheSameOnEveryProcessor) {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("ssse3")) GTEST_SKIP() << "the processor has no SSSE3";
    Rng rng(5);
    for (int i = 0; i < 100'000; ++i) {
        std::string text(16, 'A');
        for (auto& letter : text) letter = "ACGT"[rng.below(4)];
        if (rng.chance(0.5)) text[rng.below(16)] = static_cast<char>(rng.below(256));
        std::uint32_t expected = 0, found = 0;
        const bool good = text.find_first_not_of("ACGT") == std::string::npos;
        for (std::size_t k = 0; good && k < 16; ++k)
            expected |= static_cast<std::uint32_t>(kBaseLetters.find(text[k])) << (2 * k);
        ASSERT_EQ(pack_bases(text.data(), found), good) << text;
        ASSERT_TRUE(!good || found == expected) << text;
        ASSERT_EQ(pack_bases_ssse3(text.data(), found), good) << text;
        ASSERT_TRUE(!good || found == expected) << text;
    }
#endif
}

TEST(LaneBarcodes, KnowsWhichAreWanted) {
    const std::unordered_set<std::string> cells{"ACGTACGTACGTACGT-1", "odd"};
    LaneBarcodes barcodes(&cells);
    std::vector<LaneBarcodes::Code> codes;
    for (const auto* name : {"ACGTACGTACGTACGA-1", "ACGTACGTACGTACGT-1", "odd", "even"})
        codes.push_back(barcodes.code(name, 0));
    std::vector<std::uint32_t> ids(4);
    barcodes.resolve(codes, ids.data(), 0);
    const std::vector<int> expected{0, 1, 1, 0};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(barcodes.wanted()[ids[i]], expected[i]);
    EXPECT_EQ(LaneBarcodes().wanted(), nullptr);
}

}  // namespace
}  // namespace epi
