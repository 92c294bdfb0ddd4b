#include "fragments/barcode_table.hpp"

#include <gtest/gtest.h>

#include <unordered_map>

#include "core/random.hpp"

namespace epi {
namespace {

TEST(BarcodeTable, NumbersBarcodesOfAnyForm) {
    Rng rng(3);
    BarcodeTable table;
    std::unordered_map<std::string, std::uint32_t> expected;
    for (int i = 0; i < 100000; ++i) {
        std::string barcode;
        for (auto n = 1 + rng.below(4); n > 0; --n) barcode += "ACGT-1_xyz"[rng.below(10)];
        if (rng.chance(0.1)) barcode += std::string(rng.below(40), 'A');
        const auto next = static_cast<std::uint32_t>(expected.size());
        ASSERT_EQ(table.id(barcode), expected.try_emplace(barcode, next).first->second);
    }
    ASSERT_EQ(table.size(), expected.size());
    for (const auto& [barcode, id] : expected) ASSERT_EQ(table.name(id), barcode);
}

}  // namespace
}  // namespace epi
