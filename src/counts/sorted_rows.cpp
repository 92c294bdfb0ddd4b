#include "counts/sorted_rows.hpp"

#include <algorithm>

#include "core/huge_pages.hpp"

namespace epi {
namespace {

constexpr std::uint8_t kLarge = 255;
constexpr std::int64_t kBlock = 1 << 15;  // entries, about

// What the sorted columns of a row are, each once, written over them, and how often, without a jump that only
// the data foretells. Returns how many.
std::size_t count_equal(std::span<const std::int32_t> columns, std::int32_t* kept, std::uint8_t* counts,
                        std::vector<std::int32_t>& large) {
    if (columns.empty()) return 0;
    std::size_t at = 0;
    auto last = columns.front();
    std::uint32_t count = 1;
    const auto keep = [&] {
        kept[at] = last;  // never ahead of what is read
        counts[at] = static_cast<std::uint8_t>(std::min<std::uint32_t>(count, kLarge));
    };
    for (const auto column : columns.subspan(1)) {
        const bool same = column == last;
        keep();
        if (count >= kLarge && !same) large.push_back(static_cast<std::int32_t>(count));
        at += same ? 0 : 1;
        count = same ? count + 1 : 1;
        last = column;
    }
    keep();
    if (count >= kLarge) large.push_back(static_cast<std::int32_t>(count));
    return at + 1;
}

}  // namespace

void sort_nearly_sorted(std::span<std::int32_t> columns) {
    std::size_t moves = 8 * columns.size();
    for (std::size_t i = 1; i < columns.size(); ++i) {
        const auto column = columns[i];
        std::size_t at = i;
        for (; at > 0 && columns[at - 1] > column; --at) columns[at] = columns[at - 1];
        columns[at] = column;
        if (i - at > moves) return std::sort(columns.begin(), columns.end());
        moves -= i - at;
    }
}

std::unique_ptr<std::int32_t[]> uninitialised_numbers(std::size_t n) {
    auto numbers = std::make_unique_for_overwrite<std::int32_t[]>(n);
    prefer_huge_pages(numbers.get(), n * sizeof(std::int32_t));
    return numbers;
}

void SortedRows::add(std::unique_ptr<std::int32_t[]> columns, std::span<const std::int64_t> begins) {
    Part part;
    part.first_row = static_cast<std::size_t>(rows());
    part.rows = begins.size() - 1;
    const auto all = static_cast<std::size_t>(begins.back() - begins.front());
    part.counts = std::make_unique_for_overwrite<std::uint8_t[]>(all);
    prefer_huge_pages(part.counts.get(), all);
    std::size_t kept = 0;
    for (std::size_t row = 0; row < part.rows; ++row) {
        const std::span of_row(columns.get() + (begins[row] - begins.front()),
                               static_cast<std::size_t>(begins[row + 1] - begins[row]));
        sort_nearly_sorted(of_row);  // pairs come nearly by feature where fragments are sorted
        kept += count_equal(of_row, columns.get() + kept, part.counts.get() + kept, part.large);
        indptr_.push_back(indptr_[part.first_row] + static_cast<std::int64_t>(kept));
    }
    part.entries = kept;
    part.large_counts = part.large.size();
    if (on_disk_) {
        part.offset = file_.append(columns.get(), kept * sizeof(std::int32_t));
        file_.append(part.large.data(), part.large.size() * sizeof(std::int32_t));
        file_.append(part.counts.get(), kept);
        part.counts.reset();
        part.large = {};
    } else {
        part.columns = std::move(columns);
    }
    parts_.push_back(std::move(part));
}

void SortedRows::visit_part(const Part& part, const std::int32_t* columns, const std::uint8_t* counts,
                            const std::int32_t* large,
                            const std::function<void(const RowBlock&)>& take) const {
    std::vector<std::int32_t> values;
    const auto last = part.first_row + part.rows;
    for (auto row = part.first_row; row < last;) {
        auto end = row + 1;
        while (end < last && indptr_[end] - indptr_[row] < kBlock) ++end;
        const auto first = static_cast<std::size_t>(indptr_[row] - indptr_[part.first_row]);
        const auto n = static_cast<std::size_t>(indptr_[end] - indptr_[row]);
        values.assign(counts + first, counts + first + n);
        for (auto& value : values)
            if (value == kLarge) value = *large++;
        take({static_cast<std::int64_t>(row), std::span(indptr_).subspan(row, end - row + 1),
              std::span(columns + first, n), values});
        row = end;
    }
}

void SortedRows::visit(const std::function<void(const RowBlock&)>& take) const {
    std::vector<std::uint8_t> counts;
    std::vector<std::int32_t> large;
    for (const auto& part : parts_) {
        if (part.columns != nullptr) {
            visit_part(part, part.columns.get(), part.counts.get(), part.large.data(), take);
            continue;
        }
        const auto columns = uninitialised_numbers(part.entries);
        large.resize(part.large_counts);
        counts.resize(part.entries);
        auto offset = part.offset;
        file_.read(offset, columns.get(), part.entries * sizeof(std::int32_t));
        offset += part.entries * sizeof(std::int32_t);
        file_.read(offset, large.data(), large.size() * sizeof(std::int32_t));
        file_.read(offset + large.size() * sizeof(std::int32_t), counts.data(), counts.size());
        visit_part(part, columns.get(), counts.data(), large.data(), take);
    }
}

}  // namespace epi
