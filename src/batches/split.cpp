#include "batches/split.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "io/table.hpp"

namespace epi {
using Json = nlohmann::ordered_json;

Json to_json(const SplitRule& rule) {
    Json json{{"by", rule.by}};
    if (rule.by == "cell") {
        json["fractions"] = rule.fractions;
        json["seed"] = rule.seed;
    } else if (rule.by == "table") {
        json["file"] = rule.table;
        json["sha256"] = rule.table_sha256;
    } else {
        for (std::size_t i = 0; i < kSplits.size(); ++i) json[std::string(kSplits[i])] = rule.groups[i];
    }
    return json;
}

SplitRule split_rule_of(const Json& json, std::string_view place) {
    try {
        SplitRule rule;
        rule.by = json.at("by");
        if (rule.by == "cell") {
            rule.fractions = json.at("fractions");
            rule.seed = json.at("seed");
        } else if (rule.by == "table") {
            rule.table = json.at("file");
            rule.table_sha256 = json.at("sha256");
        } else {
            for (std::size_t i = 0; i < kSplits.size(); ++i)
                rule.groups[i] = json.at(std::string(kSplits[i])).get<std::vector<std::string>>();
        }
        return rule;
    } catch (const nlohmann::json::exception& error) {
        throw InputError(place, std::string("its split is malformed: ") + error.what(),
                         "split the atlas again");
    }
}

std::array<double, 3> parse_fractions(std::string_view text) {
    const auto fields = split(text, ',');
    std::array<double, 3> fractions{};
    double sum = 0;
    bool good = fields.size() == 2 || fields.size() == 3;
    for (std::size_t i = 0; good && i < fields.size(); ++i) {
        const auto value = parse_number<double>(trim(fields[i]));
        good = value.has_value() && *value >= 0 && *value <= 1;
        if (good) sum += fractions[i] = *value;
    }
    if (!good || std::abs(sum - 1) > 1e-6)
        throw UsageError("--fractions", "'" + std::string(text) + "' is not three fractions that add up to 1",
                         "give train,val,test such as 0.8,0.1,0.1");
    return fractions;
}

std::size_t split_of_cell(const SplitRule& rule, std::string_view name) {
    constexpr double kToUnit = 0x1p-53;
    const double place = static_cast<double>(mix(rule.seed, hash_text(name)) >> 11) * kToUnit;
    if (place < rule.fractions[0]) return 0;
    if (place < rule.fractions[0] + rule.fractions[1]) return 1;
    return rule.fractions[2] > 0 ? 2 : rule.fractions[1] > 0 ? 1 : 0;
}

std::array<std::vector<std::string>, 3> deal_groups(
    const std::vector<std::pair<std::string, std::int64_t>>& sizes, const std::array<double, 3>& fractions,
    std::uint64_t seed) {
    auto order = sizes;
    std::sort(order.begin(), order.end());
    Rng(seed, hash_text("split")).shuffle(order);
    double total = 0;
    for (const auto& group : order) total += static_cast<double>(group.second);
    std::array<std::vector<std::string>, 3> parts;
    std::array<double, 3> lacking{};
    for (std::size_t i = 0; i < 3; ++i) lacking[i] = fractions[i] * total;
    for (std::size_t g = 0; g < order.size(); ++g) {
        const auto is_empty = [&](std::size_t i) { return fractions[i] > 0 && parts[i].empty(); };
        std::size_t empty_parts = 0, best = 3;
        for (std::size_t i = 0; i < 3; ++i) empty_parts += is_empty(i) ? 1 : 0;
        const bool must_fill = empty_parts >= order.size() - g;  // as many groups left as parts without one
        for (std::size_t i = 0; i < 3; ++i) {
            if (fractions[i] <= 0 || (must_fill && !is_empty(i))) continue;
            if (best == 3 || lacking[i] > lacking[best]) best = i;
        }
        parts[best].push_back(order[g].first);
        lacking[best] -= static_cast<double>(order[g].second);
    }
    for (auto& part : parts) std::sort(part.begin(), part.end());
    return parts;
}

std::unordered_map<std::string, std::size_t> read_split_table(const std::filesystem::path& path) {
    const Table table = read_table(path);
    const auto cells = table.values(table.has("cell") ? "cell" : "barcode");
    const auto values = table.values("split");
    std::unordered_map<std::string, std::size_t> result;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (values[i].empty()) continue;
        const auto found = std::find(kSplits.begin(), kSplits.end(), values[i]);
        if (found == kSplits.end())
            throw InputError(at_line(path.string(), static_cast<long long>(i) + 2),
                             "'" + values[i] + "' is not a split", "the values are train, val and test");
        if (!result.emplace(cells[i], static_cast<std::size_t>(found - kSplits.begin())).second)
            throw InputError(at_line(path.string(), static_cast<long long>(i) + 2),
                             "names the cell '" + cells[i] + "' twice", "keep one of the lines");
    }
    return result;
}

}  // namespace epi
