#include <algorithm>
#include <map>
#include <set>

#include "batches/atlas_cells.hpp"
#include "batches/split.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/checksum.hpp"
#include "pipeline/atlas.hpp"
#include "store/manifest.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSplitTable = "split.tsv";

std::map<std::string, std::int64_t> sizes_by(const AtlasCells& cells, const std::string& column) {
    std::map<std::string, std::int64_t> sizes;
    for (const auto& value : cells.column(column)) ++sizes[value];
    return sizes;
}

bool holds_all(const std::map<std::string, std::int64_t>& sizes, const std::vector<std::string>& values) {
    return std::all_of(values.begin(), values.end(),
                       [&](const auto& value) { return sizes.contains(value); });
}

// --val and --test: the column that has the values named.
SplitRule rule_of_names(const AtlasSplitOptions& options, const AtlasCells& cells) {
    auto named = options.val;
    named.insert(named.end(), options.test.begin(), options.test.end());
    for (const auto& value : options.val)
        if (std::find(options.test.begin(), options.test.end(), value) != options.test.end())
            throw UsageError("--val, --test", "'" + value + "' is in both", "name it once");
    SplitRule rule;
    const std::vector<std::string> candidates =
        options.by.empty() ? std::vector<std::string>{"donor", "sample", "batch"} : std::vector{options.by};
    for (const auto& column : candidates)
        if (rule.by.empty() && holds_all(sizes_by(cells, column), named)) rule.by = column;
    if (rule.by.empty()) {
        std::vector<std::string> there;
        for (const auto& [value, count] : sizes_by(cells, candidates[0])) there.push_back(value);
        throw InputError(options.atlas.string(),
                         "no cell has one of '" + join(named, "', '") + "' as its " + join(candidates, ", ") +
                             " (" + candidates[0] + ": " + join(there, ", ") + ")",
                         "check --val and --test");
    }
    rule.groups[1] = options.val;
    rule.groups[2] = options.test;
    for (const auto& [value, count] : sizes_by(cells, rule.by))
        if (std::find(named.begin(), named.end(), value) == named.end()) rule.groups[0].push_back(value);
    return rule;
}

SplitRule rule_of_fractions(const AtlasSplitOptions& options, const AtlasCells& cells,
                            const RunContext& context) {
    SplitRule rule;
    rule.by = options.by.empty() ? "cell" : options.by;
    rule.fractions = parse_fractions(options.fractions);
    rule.seed = context.seed;
    if (rule.by == "cell") return rule;
    const auto sizes = sizes_by(cells, rule.by);
    rule.groups = deal_groups({sizes.begin(), sizes.end()}, rule.fractions, context.seed);
    for (std::size_t i = 0; i < kSplits.size(); ++i)
        if (rule.fractions[i] > 0 && rule.groups[i].empty())
            throw InputError(options.atlas.string(),
                             "has too few values of '" + rule.by + "' (" + std::to_string(sizes.size()) +
                                 ") for a part '" + std::string(kSplits[i]) + "'",
                             "split by cell, or into fewer parts");
    return rule;
}

SplitRule rule_of_table(const AtlasSplitOptions& options, const AtlasCells& cells,
                        const RunContext& context) {
    const auto table = read_split_table(options.table);
    std::int64_t named = 0;
    for (std::int64_t cell = 0; cell < cells.size(); ++cell)
        named += table.contains(cells.name(cell)) ? 1 : 0;
    if (named == 0)
        throw InputError(options.table.string(),
                         "names no cell of the atlas (its first is '" + cells.name(0) + "')",
                         "the column cell holds sample:barcode");
    if (const auto unknown = static_cast<std::int64_t>(table.size()) - named; unknown > 0)
        context.warn(with_commas(unknown) + " cells of " + options.table.string() + " are not in the atlas");
    AtomicFile copy(options.atlas / kSplitTable, true);
    fs::copy_file(options.table, copy.temporary_path(), fs::copy_options::overwrite_existing);
    SplitRule rule;
    rule.by = "table";
    rule.table = kSplitTable;
    rule.table_sha256 = sha256_of_file(copy.temporary_path());
    copy.commit();
    return rule;
}

}  // namespace

void split_atlas(const AtlasSplitOptions& options, const RunContext& context) {
    const bool by_names = !options.val.empty() || !options.test.empty();
    const int ways =
        (options.fractions.empty() ? 0 : 1) + (by_names ? 1 : 0) + (options.table.empty() ? 0 : 1);
    if (ways != 1)
        throw UsageError("atlas split", "give one of --fractions, --val and --test, or --table",
                         "see --help");
    static constexpr std::array<std::string_view, 5> kColumns{"", "cell", "donor", "sample", "batch"};
    if (std::find(kColumns.begin(), kColumns.end(), options.by) == kColumns.end() ||
        (by_names && options.by == "cell"))
        throw UsageError("--by", "'" + options.by + "' cannot be split by",
                         "give cell, donor, sample or batch");
    auto manifest = read_manifest(options.atlas);
    if (!manifest.split.is_null() && !context.force)
        throw UsageError(options.atlas.string(), "is split already", "give --force to split it anew");
    const auto cells = AtlasCells::open(options.atlas);
    const auto rule = by_names                     ? rule_of_names(options, cells)
                      : !options.fractions.empty() ? rule_of_fractions(options, cells, context)
                                                   : rule_of_table(options, cells, context);
    manifest.split = to_json(rule);
    write_manifest(manifest, options.atlas);
    const auto now = AtlasCells::open(options.atlas);
    std::string line = "by " + rule.by + ":";
    for (const auto part : kSplits)
        line +=
            " " + std::string(part) + " " + with_commas(static_cast<std::int64_t>(now.cells_in(part).size()));
    context.note(line + " cells");
}

}  // namespace epi
