#include "store/turned_matrix.hpp"

#include <algorithm>

namespace epi {

std::vector<std::int64_t> read_indptr(const Hdf5Node& group, std::int64_t rows) {
    const auto node = group.child("indptr");
    auto indptr = node.read<std::int64_t>();
    const auto entries = group.child("indices").size(), values = group.child("data").size();
    if (indptr.size() != static_cast<std::size_t>(rows) + 1)
        node.fail("has " + std::to_string(indptr.size()) + " values, the shape asks for " +
                  std::to_string(rows + 1));
    if (indptr.front() != 0) node.fail("does not start at 0");
    if (!std::is_sorted(indptr.begin(), indptr.end())) node.fail("runs backwards");
    if (static_cast<std::uint64_t>(indptr.back()) != entries || values != entries)
        node.fail("ends at " + std::to_string(indptr.back()) + ", but there are " + std::to_string(entries) +
                  " indices and " + std::to_string(values) + " data");
    return indptr;
}

std::vector<std::int32_t> read_indices(const Hdf5Node& node, std::uint64_t first, std::uint64_t count,
                                       std::int64_t limit) {
    if (node.type_class() != H5T_INTEGER) node.fail("integers are expected");
    auto indices = node.read_slice<std::int32_t>(first, count);
    std::int32_t smallest = 0, largest = -1;
    for (const auto index : indices) {
        smallest = std::min(smallest, index);
        largest = std::max(largest, index);
    }
    if (smallest < 0 || largest >= limit)
        node.fail("index " + std::to_string(smallest < 0 ? smallest : largest) + " is outside the " +
                  std::to_string(limit) + " that the shape allows");
    return indices;
}

TurnedMatrix::TurnedMatrix(const Hdf5Node& group, std::int64_t rows, std::int64_t cols,
                           const ReadLimits& limits)
    : group_(group), rows_(rows), cols_(cols), limits_(limits), indptr_(read_indptr(group, cols)) {
    count_rows();
    choose_bands();
}

void TurnedMatrix::count_rows() {
    lengths_.assign(static_cast<std::size_t>(rows_), 0);
    const auto indices = group_.child("indices");
    const auto all = static_cast<std::uint64_t>(indptr_.back());
    for (std::uint64_t first = 0; first < all; first += limits_.entries)
        for (const auto row :
             read_indices(indices, first, std::min<std::uint64_t>(limits_.entries, all - first), rows_))
            ++lengths_[static_cast<std::size_t>(row)];
}

void TurnedMatrix::choose_bands() {
    const bool one = !limits_.temporary_file;
    band_rows_.assign(1, 0);
    band_ends_.assign(1, 0);
    std::uint64_t entries = 0, total = 0;
    for (std::int64_t row = 0; row < rows_; ++row) {
        const auto length = lengths_[static_cast<std::size_t>(row)];
        if (!one && entries > 0 && entries + length > limits_.entries) {
            band_rows_.push_back(row);
            band_ends_.push_back(total);
            entries = 0;
        }
        entries += length;
        total += length;
    }
    band_rows_.push_back(rows_);
    band_ends_.push_back(total);
}

void TurnedMatrix::read_entries(const std::function<void(const std::vector<Entry>&)>& visit) const {
    const auto indices = group_.child("indices"), data = group_.child("data");
    const auto all = static_cast<std::uint64_t>(indptr_.back());
    const auto piece = std::max<std::uint64_t>(1, limits_.entries / 4);
    std::vector<Entry> entries;
    std::size_t column = 0;
    for (std::uint64_t first = 0; first < all; first += piece) {
        const auto count = std::min<std::uint64_t>(piece, all - first);
        const auto rows = read_indices(indices, first, count, rows_);
        const auto values = data.read_exact_slice(first, count);
        entries.clear();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            while (static_cast<std::uint64_t>(indptr_[column + 1]) <= first + i) ++column;
            entries.push_back({rows[i], static_cast<std::int32_t>(column), values[i]});
        }
        visit(entries);
    }
}

// Writes the entries of each band to a temporary file, in pieces.
void TurnedMatrix::deal() const {
    constexpr std::size_t kBuffer = 4096;  // entries
    const auto bands = band_rows_.size() - 1;
    auto file = std::make_unique<TemporaryFile>();
    pieces_.assign(bands, {});
    std::vector<std::vector<Entry>> buffers(bands);
    const auto flush = [&](std::size_t band) {
        auto& buffer = buffers[band];
        if (buffer.empty()) return;
        pieces_[band].push_back({file->append(buffer.data(), buffer.size() * sizeof(Entry)), buffer.size()});
        buffer.clear();
    };
    std::vector<std::uint32_t> band_of(static_cast<std::size_t>(rows_));
    for (std::size_t band = 0; band < bands; ++band)
        std::fill(band_of.begin() + band_rows_[band], band_of.begin() + band_rows_[band + 1],
                  static_cast<std::uint32_t>(band));
    read_entries([&](const std::vector<Entry>& entries) {
        for (const auto& entry : entries) {
            const auto band = band_of[static_cast<std::size_t>(entry.row)];
            buffers[band].push_back(entry);
            if (buffers[band].size() == kBuffer) flush(band);
        }
    });
    for (std::size_t band = 0; band < bands; ++band) flush(band);
    dealt_ = std::move(file);
}

void TurnedMatrix::give(std::size_t band, const std::vector<Entry>& entries,
                        const std::function<void(const Band&)>& visit) const {
    Band result;
    result.first = band_rows_[band];
    for (auto row = band_rows_[band]; row < band_rows_[band + 1]; ++row)
        result.indptr.push_back(result.indptr.back() + lengths_[static_cast<std::size_t>(row)]);
    auto next = result.indptr;
    result.columns.resize(entries.size());
    result.values.resize(entries.size());
    for (const auto& entry : entries) {
        const auto slot = next[static_cast<std::size_t>(entry.row - result.first)]++;
        result.columns[slot] = entry.column;
        result.values[slot] = entry.value;
    }
    visit(result);
}

void TurnedMatrix::for_each(const std::function<void(const Band&)>& visit) const {
    const auto bands = band_rows_.size() - 1;
    std::vector<Entry> entries;
    if (bands == 1) {
        entries.reserve(static_cast<std::size_t>(indptr_.back()));
        read_entries([&](const std::vector<Entry>& piece) {
            entries.insert(entries.end(), piece.begin(), piece.end());
        });
        return give(0, entries, visit);
    }
    if (dealt_ == nullptr) deal();
    for (std::size_t band = 0; band < bands; ++band) {
        entries.resize(band_ends_[band + 1] - band_ends_[band]);
        auto* at = entries.data();
        for (const auto& piece : pieces_[band]) {
            dealt_->read(piece.offset, at, piece.entries * sizeof(Entry));
            at += piece.entries;
        }
        give(band, entries, visit);
    }
}

}  // namespace epi
