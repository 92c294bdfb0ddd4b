#include "pipeline/cell_file.hpp"

#include <unordered_map>
#include <unordered_set>

#include "core/error.hpp"
#include "core/text.hpp"
#include "store/hdf5_library.hpp"

namespace epi {
namespace {

constexpr std::int64_t kSeveral = -2;

std::string_view barcode_of(std::string_view name) {
    const auto colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string cell_column_of(const Table& table, std::string_view wanted) {
    if (!wanted.empty()) return table.columns[table.column(wanted)];
    for (const auto* usual : {"barcode", "cell"})
        if (table.has(usual)) return usual;
    throw InputError(table.name, "there is no column of cell names (barcode or cell)",
                     "name it with --cell-column; it has: " + join(table.columns, ", "));
}

void require_distinct(const std::vector<std::string>& names, const std::string& place) {
    std::unordered_set<std::string_view> seen;
    for (const auto& name : names)
        if (!seen.insert(name).second)
            throw InputError(place, "cell '" + name + "' occurs twice", "cell names must be distinct");
    if (names.empty()) throw InputError(place, "there are no cells in it", "give a file with cells");
}

}  // namespace

CellFile CellFile::read(const std::filesystem::path& path, std::string_view cell_column) {
    CellFile file;
    file.place_ = path.string();
    if (is_hdf5_file(path)) {
        file.data_ = read_h5ad(path);
        file.names_ = file.data_->obs.index;
    } else {
        file.table_ = read_table(path);
        file.names_ = file.table_.values(cell_column_of(file.table_, cell_column));
    }
    require_distinct(file.names_, file.place_);
    return file;
}

bool CellFile::has(std::string_view column) const {
    return data_ ? data_->obs.find(column) != nullptr : table_.has(column);
}

std::vector<std::string> CellFile::column(std::string_view name) const {
    return data_ ? data_->obs.text(name, place_) : table_.values(name);
}

const AnnData& CellFile::data() const {
    if (!data_) throw InputError(place_, "this is a table, not an .h5ad", "give the .h5ad");
    return *data_;
}

std::vector<std::int64_t> match_cells(const CellFile& cells, const CellFile& others) {
    std::unordered_map<std::string_view, std::int64_t> by_name, by_barcode;
    const auto& other_names = others.names();
    for (std::size_t row = 0; row < other_names.size(); ++row) {
        const auto number = static_cast<std::int64_t>(row);
        by_name.emplace(other_names[row], number);
        const auto [known, is_new] = by_barcode.emplace(barcode_of(other_names[row]), number);
        if (!is_new) known->second = kSeveral;
    }
    std::vector<std::int64_t> rows;
    std::unordered_set<std::int64_t> taken;
    bool any = false;
    for (const auto& name : cells.names()) {
        std::int64_t row = -1;
        if (const auto exact = by_name.find(name); exact != by_name.end()) {
            row = exact->second;
        } else if (const auto same = by_barcode.find(barcode_of(name)); same != by_barcode.end()) {
            row = same->second;
        }
        if (row == kSeveral || (row >= 0 && !taken.insert(row).second))
            throw InputError(others.place(), "barcode of cell '" + name + "' stands for several cells",
                             "write its cells as sample:barcode, as in " + cells.place());
        any = any || row >= 0;
        rows.push_back(row);
    }
    if (!any)
        throw InputError(others.place(), "it has no cell of " + cells.place(),
                         "their names are like '" + other_names.front() + "' and '" + cells.names().front() +
                             "'; check that both are of the same sample");
    return rows;
}

}  // namespace epi
