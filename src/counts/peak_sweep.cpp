#include "counts/peak_sweep.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>

#include "core/error.hpp"
#include "core/huge_pages.hpp"
#include "counts/sorted_rows.hpp"

namespace epi {
namespace {

constexpr std::size_t kSlabBytes = 4U << 20;

// Keeps each column of a row once, and how often it was there.
std::size_t count_columns(std::span<const std::int32_t> columns, std::int32_t* kept,
                          std::vector<std::int32_t>& values) {
    std::size_t n = 0;
    for (const auto column : columns) {
        if (n > 0 && kept[n - 1] == column) {
            ++values.back();
        } else {
            kept[n++] = column;
            values.push_back(1);
        }
    }
    return n;
}

}  // namespace

PeakSweep::PeakSweep(const IntervalIndex& peaks, CountingRule rule, std::span<const std::int32_t> row_of,
                     std::size_t rows)
    : peaks_(peaks), rule_(rule), row_of_(row_of), counts_(rows + 1) {}

PeakSweep::~PeakSweep() = default;

void PeakSweep::Free::operator()(std::uint32_t* rows) const {
    std::free(rows);
}

void PeakSweep::consume(FragmentBatch& batch) {
    const auto* peaks = peaks_.on(batch.chrom);
    if (peaks == nullptr || batch.size == 0) return;
    if (batch.chrom != chrom_) parts_.push_back({order_, found_.size()});
    chrom_ = batch.chrom;
    switch (rule_) {
        case CountingRule::Signac:
            return consume_by<CountingRule::Signac>(batch, *peaks);
        case CountingRule::Arc:
            return consume_by<CountingRule::Arc>(batch, *peaks);
        case CountingRule::Insertion:
            return consume_by<CountingRule::Insertion>(batch, *peaks);
        case CountingRule::Fragment:
            return consume_by<CountingRule::Fragment>(batch, *peaks);
    }
}

template <CountingRule rule>
void PeakSweep::consume_by(const FragmentBatch& batch, const IntervalIndex::OneChromosome& peaks) {
    std::int32_t longest = 0;
    for (std::size_t i = 0; i < batch.size; ++i) longest = std::max(longest, batch.end[i] - batch.start[i]);
    const auto reach = std::min(longest, kReach);
    const auto first = batch.start[0], last = batch.start[batch.size - 1];
    // A cut may lie on `end`, and that of an empty fragment before its start.
    if (longest <= kReach) {
        peaks.overlaps(first - 1, last + reach + 1,
                       [&](const auto& peak) { visit<rule, false>(batch, reach, peak); });
        return;
    }
    peaks.overlaps(first - 1, last + reach + 1,
                   [&](const auto& peak) { visit<rule, true>(batch, reach, peak); });
    for (std::size_t i = 0; i < batch.size; ++i) {
        const auto start = batch.start[i], end = batch.end[i];
        if (end - start <= kReach) continue;
        peaks.overlaps(start, end + 1, [&](const IntervalIndex::Entry& peak) {
            const auto n = counted<rule>(start, end, peak.start, peak.end);
            for (std::int32_t k = 0; k < n; ++k) barcodes_[static_cast<std::size_t>(k)] = batch.barcode[i];
            keep(static_cast<std::size_t>(n), peak.id);
        });
    }
}

template <CountingRule rule, bool long_ones>
void PeakSweep::visit(const FragmentBatch& batch, std::int32_t reach, const IntervalIndex::Entry& peak) {
    const auto* const begin = batch.start.data();
    const auto* const end = begin + batch.size;
    const auto* const low = std::lower_bound(begin, end, peak.start - reach);
    const auto* const high = std::upper_bound(low, end, peak.end);
    std::size_t n = 0;
    for (auto i = static_cast<std::size_t>(low - begin); i < static_cast<std::size_t>(high - begin); ++i) {
        auto count = counted<rule>(batch.start[i], batch.end[i], peak.start, peak.end);
        if constexpr (long_ones) count = batch.end[i] - batch.start[i] > kReach ? 0 : count;
        barcodes_[n] = barcodes_[n + 1] = batch.barcode[i];
        n += static_cast<std::size_t>(count);
    }
    if (n > 0) keep(n, peak.id);
}

// Notes the rows of the first `n` barcodes_ for a peak.
void PeakSweep::keep(std::size_t n, std::uint32_t peak) {
    if (n > slab_left_) {
        auto* slab = static_cast<std::uint32_t*>(std::aligned_alloc(2U << 20, kSlabBytes));
        if (slab == nullptr) throw ResourceError("--memory", "no memory is left", "use a larger machine");
        prefer_huge_pages(slab, kSlabBytes);
        slabs_.emplace_back(slab);
        slab_at_ = slab;
        slab_left_ = kSlabBytes / sizeof(std::uint32_t);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto row = row_of_[barcodes_[i]];
        slab_at_[kept] = static_cast<std::uint32_t>(row);
        ++counts_[static_cast<std::size_t>(row) + 1];  // those without a row together
        kept += row >= 0 ? 1 : 0;
    }
    if (kept == 0) return;
    found_.push_back({slab_at_, static_cast<std::uint32_t>(kept), peak});
    slab_at_ += kept;
    slab_left_ -= kept;
}

CountMatrix PeakSweep::matrix(std::span<const std::unique_ptr<PeakSweep>> sweeps, std::size_t rows,
                              std::size_t peaks) {
    CountMatrix matrix;
    matrix.rows = static_cast<std::int64_t>(rows);
    matrix.cols = static_cast<std::int64_t>(peaks);
    std::vector<std::size_t> begins(rows + 1);
    for (std::size_t row = 0; row < rows; ++row) {
        begins[row + 1] = begins[row];
        for (const auto& sweep : sweeps) begins[row + 1] += static_cast<std::size_t>(sweep->counts_[row + 1]);
    }
    auto& columns = matrix.indices;
    auto& values = matrix.values;
    for (auto* numbers : {&columns, &values}) {
        numbers->reserve(begins.back());
        prefer_huge_pages(numbers->data(), begins.back() * sizeof(std::int32_t));
    }
    columns.resize(begins.back());
    // Nearly by peak, so that the columns of a row ascend, whatever the order of chromosomes.
    std::vector<std::pair<std::uint64_t, std::span<const Found>>> parts;
    for (const auto& sweep : sweeps)
        for (std::size_t i = 0; i < sweep->parts_.size(); ++i) {
            const auto first = sweep->parts_[i].first;
            const auto last =
                i + 1 < sweep->parts_.size() ? sweep->parts_[i + 1].first : sweep->found_.size();
            if (first < last)
                parts.emplace_back(sweep->parts_[i].order,
                                   std::span(sweep->found_).subspan(first, last - first));
        }
    std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second.front().peak, a.first) < std::pair(b.second.front().peak, b.first);
    });
    auto next = begins;
    for (const auto& [order, part] : parts)
        for (const auto& found : part)
            for (const auto row : std::span(found.rows, found.size))
                columns[next[row]++] = static_cast<std::int32_t>(found.peak);
    for (const auto& sweep : sweeps) sweep->slabs_.clear();
    std::size_t kept = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto of_row = std::span(columns).subspan(begins[row], begins[row + 1] - begins[row]);
        sort_nearly_sorted(of_row);
        kept += count_columns(of_row, columns.data() + kept, values);
        matrix.indptr.push_back(static_cast<std::int64_t>(kept));
    }
    columns.resize(kept);
    return matrix;
}

}  // namespace epi
