#include "io/cell_list.hpp"

#include <unordered_set>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/line_reader.hpp"
#include "io/table.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

bool starts_as_table(const fs::path& path) {
    LineReader lines(path);
    std::string_view line;
    if (!lines.next(line)) throw InputError(path.string(), "is empty", "give a file with one barcode a line");
    for (const char separator : {'\t', ','})
        for (auto field : split(line, separator)) {
            if (field.size() > 1 && field.front() == '"' && field.back() == '"')
                field = field.substr(1, field.size() - 2);
            if (field == "barcode" || field == "cell") return true;
        }
    return false;
}

bool chooses(const std::string& value, const fs::path& path, std::string_view column) {
    const auto lower = to_lower(value);
    if (lower == "1" || lower == "true" || lower == "yes") return true;
    if (lower == "0" || lower == "false" || lower == "no") return false;
    throw InputError(path.string(), "column '" + std::string(column) + "' has the value '" + value + "'",
                     "it must be true or false");
}

std::vector<std::string> from_table(const fs::path& path) {
    const Table table = read_table(path);
    auto names = table.values(table.has("barcode") ? "barcode" : "cell");
    const char* chooser = table.has("kept") ? "kept" : table.has("is_cell") ? "is_cell" : nullptr;
    if (chooser == nullptr) return names;
    const auto values = table.values(chooser);
    std::vector<std::string> chosen;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (chooses(values[i], path, chooser)) chosen.push_back(names[i]);
    return chosen;
}

std::vector<std::string> from_lines(const fs::path& path) {
    LineReader lines(path);
    std::string_view line;
    std::vector<std::string> names;
    while (lines.next(line))
        if (const auto name = trim(split(line)[0]); !name.empty()) names.emplace_back(name);
    return names;
}

}  // namespace

std::vector<std::string> read_cell_list(const fs::path& path) {
    auto names = starts_as_table(path) ? from_table(path) : from_lines(path);
    if (names.empty())
        throw InputError(path.string(), "names no cell", "give a file with one barcode a line");
    std::unordered_set<std::string_view> seen;
    for (const auto& name : names)
        if (!seen.insert(name).second)
            throw InputError(path.string(), "names the cell '" + name + "' twice", "keep one of them");
    return names;
}

}  // namespace epi
