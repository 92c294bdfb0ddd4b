#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace epi {

inline constexpr std::array<std::string_view, 3> kSplits{"train", "val", "test"};

// How the cells of an atlas are divided, as the manifest keeps it. A rule, not a list: cells that are added
// later fall under it, and no cell ever changes its part.
struct SplitRule {
    // "cell": each cell by a hash of (seed, name) against the fractions. "donor", "sample", "batch": each
    // value of that column as `groups` says; values that it does not name are train. "table": as a file in
    // the atlas says; cells that it does not name are in no part.
    std::string by;
    std::array<double, 3> fractions{1, 0, 0};  // train, val, test; of "cell"
    std::uint64_t seed = 0;
    std::array<std::vector<std::string>, 3> groups;  // train, val, test
    std::string table, table_sha256;                 // file in the atlas folder: columns cell, split
};

nlohmann::ordered_json to_json(const SplitRule& rule);
// InputError naming `place`.
SplitRule split_rule_of(const nlohmann::ordered_json& json, std::string_view place);

// "0.8,0.1,0.1": train, val, test; they add up to 1. UsageError.
std::array<double, 3> parse_fractions(std::string_view text);

// The index in kSplits of a cell under rule "cell".
std::size_t split_of_cell(const SplitRule& rule, std::string_view name);

// Deals groups of known sizes to train, val, test so that the parts come near the fractions: in an order
// drawn from the seed, each group goes to the part that lacks most cells. With at least as many groups as
// fractions above 0, no such part stays empty.
std::array<std::vector<std::string>, 3> deal_groups(
    const std::vector<std::pair<std::string, std::int64_t>>& sizes, const std::array<double, 3>& fractions,
    std::uint64_t seed);

// cell -> index in kSplits, from a table with the columns cell and split (values train, val, test; "" is
// none). InputError: other values; a cell twice.
std::unordered_map<std::string, std::size_t> read_split_table(const std::filesystem::path& path);

}  // namespace epi
