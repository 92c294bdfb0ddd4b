#include "io/table.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/line_reader.hpp"
#include "io/text_writer.hpp"

namespace epi {
namespace {

std::string unquote(std::string_view field) {
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
        field = field.substr(1, field.size() - 2);
    return std::string(field);
}

// Fields between separators; a comma inside double quotes does not separate.
std::vector<std::string> fields_of(std::string_view line, char separator) {
    std::vector<std::string> fields;
    std::size_t begin = 0;
    bool quoted = false;
    for (std::size_t i = 0; i <= line.size(); ++i) {
        if (i < line.size() && line[i] == '"') quoted = !quoted;
        if (i == line.size() || (line[i] == separator && !quoted)) {
            fields.push_back(unquote(line.substr(begin, i - begin)));
            begin = i + 1;
        }
    }
    return fields;
}

}  // namespace

bool Table::has(std::string_view column) const {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
}

std::size_t Table::column(std::string_view column) const {
    const auto found = std::find(columns.begin(), columns.end(), column);
    if (found == columns.end())
        throw InputError(name, "there is no column '" + std::string(column) + "'",
                         "it has: " + join(columns, ", "));
    return static_cast<std::size_t>(found - columns.begin());
}

std::vector<std::string> Table::values(std::string_view column_name) const {
    const auto index = column(column_name);
    std::vector<std::string> result;
    result.reserve(rows.size());
    for (const auto& row : rows) result.push_back(row[index]);
    return result;
}

Table read_table(const std::filesystem::path& path) {
    LineReader lines(path);
    Table table;
    table.name = lines.source().name();
    std::string_view line;
    if (!lines.next(line) || line.empty())
        throw InputError(table.name, "the table has no header line", "its first line must name the columns");
    const char separator =
        line.find('\t') == std::string_view::npos && line.find(',') != std::string_view::npos ? ',' : '\t';
    table.columns = fields_of(line, separator);
    while (lines.next(line)) {
        if (line.empty()) continue;
        table.rows.push_back(fields_of(line, separator));
        if (table.rows.back().size() != table.columns.size())
            throw InputError(lines.place(),
                             std::to_string(table.rows.back().size()) + " fields where the header has " +
                                 std::to_string(table.columns.size()),
                             "every row needs one field per column");
    }
    return table;
}

void write_table(const Table& table, const std::filesystem::path& path) {
    TextWriter writer(path);
    writer.row(table.columns);
    for (const auto& row : table.rows) writer.row(row);
    writer.close();
}

}  // namespace epi
