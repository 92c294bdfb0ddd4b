#include "batches/split.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

TEST(Split, FractionsAddUpToOne) {
    EXPECT_EQ(parse_fractions("0.8,0.1,0.1"), (std::array<double, 3>{0.8, 0.1, 0.1}));
    EXPECT_EQ(parse_fractions("0.7, 0.3"), (std::array<double, 3>{0.7, 0.3, 0}));
    for (const auto* text : {"", "1", "0.5,0.6", "0.5,0.6,-0.1", "a,b,c", "0.2,0.2,0.2,0.4"})
        test::message_of<UsageError>([&] { parse_fractions(text); });
}

TEST(Split, CellsFollowTheFractionsAndKeepTheirPart) {
    SplitRule rule;
    rule.by = "cell";
    rule.fractions = {0.7, 0.1, 0.2};
    rule.seed = 4;
    std::array<int, 3> counts{};
    for (int i = 0; i < 20000; ++i) ++counts[split_of_cell(rule, "S:CELL" + std::to_string(i))];
    EXPECT_NEAR(counts[0], 14000, 300);
    EXPECT_NEAR(counts[1], 2000, 200);
    const auto back = split_rule_of(to_json(rule), "x");
    EXPECT_EQ(split_of_cell(back, "S:CELL7"), split_of_cell(rule, "S:CELL7"));
}

TEST(Split, GroupsAreDealtNearTheFractions) {
    const auto parts =
        deal_groups({{"a", 100}, {"b", 100}, {"c", 100}, {"d", 100}, {"e", 100}}, {0.6, 0.2, 0.2}, 1);
    EXPECT_EQ(parts[0].size(), 3u);
    EXPECT_EQ(parts[1].size(), 1u);
    EXPECT_EQ(parts[2].size(), 1u);
    // One donor has nearly all cells; no part stays empty all the same.
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto uneven = deal_groups({{"a", 1000}, {"b", 1}, {"c", 1}}, {0.8, 0.1, 0.1}, seed);
        for (const auto& part : uneven) EXPECT_EQ(part.size(), 1u) << seed;
    }
    EXPECT_TRUE(deal_groups({{"a", 1}, {"b", 1}}, {0.5, 0.5, 0}, 0)[2].empty());
}

TEST(Split, MalformedRulesAreErrors) {
    for (const auto* text :
         {"{}", "{\"by\": \"cell\"}", "{\"by\": 3}", "{\"by\": \"donor\", \"val\": 1}", "[]"})
        test::message_of<InputError>(
            [&] { split_rule_of(nlohmann::ordered_json::parse(text), "atlas.json"); });
}

TEST(Split, TableOfCells) {
    const test::TemporaryFolder folder;
    const auto table = read_split_table(folder.file("s.tsv", "cell\tsplit\nS:A\ttest\nS:B\t\n"));
    EXPECT_EQ(table.size(), 1u);
    EXPECT_EQ(table.at("S:A"), 2u);
}

}  // namespace
}  // namespace epi
