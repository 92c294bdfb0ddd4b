#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace epi {

// A table of text with named columns, whole in memory; for sample sheets, labels, QC tables.
struct Table {
    std::string name;  // for messages
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;  // each as long as `columns`

    bool has(std::string_view column) const;
    // InputError naming the columns there are.
    std::size_t column(std::string_view column) const;
    // One column, in row order.
    std::vector<std::string> values(std::string_view column) const;
};

// Reads a tab- or comma-separated file (told by its header line) with one header line; plain or gzip. Double
// quotes around a field are removed. InputError: no header; a row with another number of fields than the
// header.
Table read_table(const std::filesystem::path& path);

// Writes it tab-separated; bgzip if the name ends in ".gz". Not atomic.
void write_table(const Table& table, const std::filesystem::path& path);

}  // namespace epi
