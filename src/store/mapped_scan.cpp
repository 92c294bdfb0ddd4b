#include "store/mapped_scan.hpp"

#include <algorithm>
#include <atomic>
#include <type_traits>

#include "core/parallel.hpp"
#include "store/mapped_file.hpp"

namespace epi {
namespace {

struct RowValues {
    double smallest = 1, largest = 0;
    bool whole = true, zero = false;
};

// What is compiled twice, once for processors that compare eight numbers at a time.
#define EPI_INLINE inline __attribute__((always_inline))

// Strictly rising and inside.
EPI_INLINE bool is_good_row(std::span<const std::int32_t> columns, std::int64_t cols) {
    if (columns.empty()) return true;
    unsigned falls = 0;
    for (std::size_t i = 1; i < columns.size(); ++i) falls |= columns[i] <= columns[i - 1] ? 1U : 0U;
    return falls == 0 && columns.front() >= 0 && columns.back() < cols;
}

template <class Number>
EPI_INLINE RowValues look_at(std::span<const Number> values) {
    RowValues found;
    if (values.empty()) return found;
    Number smallest = values[0], largest = values[0];
    unsigned broken = 0, zeros = 0;
    for (const Number value : values) {
        smallest = std::min(smallest, value);
        largest = std::max(largest, value);
        zeros |= value == 0 ? 1U : 0U;
        if constexpr (std::is_floating_point_v<Number>) {
            // Without std::floor, which is a call; beyond these bounds it is no count either.
            constexpr Number kMost = 2147483520;  // the largest float that is an int32
            const auto bounded = std::max(-kMost, std::min(kMost, value));
            broken |= value == static_cast<Number>(static_cast<std::int32_t>(bounded)) ? 0U : 1U;
        }
    }
    return {static_cast<double>(smallest), static_cast<double>(largest), broken == 0, zeros != 0};
}

template <class Number>
struct RowLooks {
    bool (*is_good)(std::span<const std::int32_t> columns, std::int64_t cols);
    RowValues (*values)(std::span<const Number> values);
};

bool is_good_row_anywhere(std::span<const std::int32_t> columns, std::int64_t cols) {
    return is_good_row(columns, cols);
}
template <class Number>
RowValues look_at_anywhere(std::span<const Number> values) {
    return look_at(values);
}
#if defined(__x86_64__)
__attribute__((target("avx2"))) bool is_good_row_avx2(std::span<const std::int32_t> columns,
                                                      std::int64_t cols) {
    return is_good_row(columns, cols);
}
template <class Number>
__attribute__((target("avx2"))) RowValues look_at_avx2(std::span<const Number> values) {
    return look_at(values);
}
#endif

template <class Number>
RowLooks<Number> row_looks() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return {is_good_row_avx2, look_at_avx2<Number>};
#endif
    return {is_good_row_anywhere, look_at_anywhere<Number>};
}

// A matrix in a mapped file.
struct Mapped {
    std::span<const std::int64_t> indptr;
    std::int64_t cols = 0;
    const MappedFile& file;
    std::span<const std::int32_t> columns;
};

// Looks at all rows on all threads; false where one needs attention. `values` is empty where all are 1.
template <class Number>
bool scan_rows(const Mapped& matrix, std::span<const Number> values, int threads, MatrixScan& found) {
    constexpr std::size_t kGrain = 256;
    constexpr std::uint64_t kRelease = std::uint64_t{16} << 20;  // bytes that a thread keeps mapped
    const auto rows = matrix.indptr.size() - 1;
    std::vector<RowValues> by_row(values.empty() ? 0 : rows);
    std::atomic<bool> good = true;
    const auto looks = row_looks<Number>();
    const auto look = [&](std::size_t begin, std::size_t end) {
        std::uint64_t touched = 0;
        for (auto row = begin; row < end && good.load(std::memory_order_relaxed); ++row) {
            const auto first = static_cast<std::size_t>(matrix.indptr[row]);
            const auto count = static_cast<std::size_t>(matrix.indptr[row + 1]) - first;
            if (!looks.is_good(matrix.columns.subspan(first, count), matrix.cols)) good = false;
            if (!values.empty()) by_row[row] = looks.values(values.subspan(first, count));
            if (!values.empty() && by_row[row].zero) good = false;
            touched += count * (sizeof(std::int32_t) + (values.empty() ? 0 : sizeof(Number)));
            if (touched < kRelease && row + 1 < end) continue;
            touched = 0;
            matrix.file.release();
        }
    };
    parallel_ranges(rows, threads, look, kGrain);
    for (const auto& row : by_row) {
        found.row_largest.push_back(row.largest);
        found.largest = std::max(found.largest, row.largest);
        found.smallest = std::min(found.smallest, row.smallest);
        found.whole = found.whole && row.whole;
    }
    return good;
}

}  // namespace

std::optional<MatrixScan> scan_mapped(const Hdf5Node& group, std::span<const std::int64_t> indptr,
                                      std::int64_t cols, bool ones, int threads) {
    const auto indices = group.child("indices"), data = group.child("data");
    const auto extent = indices.mappable<std::int32_t>();
    if (!extent || extent->bytes == 0 || data.is_group() || data.size() != indices.size() ||
        static_cast<std::int64_t>(indices.size()) != indptr.back())
        return std::nullopt;
    const MappedFile file(indices.file_path());
    const Mapped matrix{indptr, cols, file, file.at<std::int32_t>(extent->offset, indices.size())};
    MatrixScan found;
    for (std::size_t row = 0; row + 1 < indptr.size(); ++row)
        found.lengths.push_back(static_cast<std::int32_t>(indptr[row + 1] - indptr[row]));
    found.entries = indptr.back();

    std::optional<bool> good;
    const auto scan_as = [&](auto zero) {
        using Number = decltype(zero);
        const auto place = data.mappable<Number>();
        if (!good && place)
            good = scan_rows<Number>(matrix, file.at<Number>(place->offset, data.size()), threads, found);
    };
    if (ones) good = scan_rows<std::uint8_t>(matrix, {}, threads, found);
    scan_as(float{});
    scan_as(std::int32_t{});
    scan_as(std::uint8_t{});
    scan_as(std::uint16_t{});
    scan_as(double{});
    if (!good.value_or(false)) return std::nullopt;
    return found;
}

}  // namespace epi
