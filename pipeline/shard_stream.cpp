#include "pipeline/shard_stream.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <numeric>

#include "core/parallel.hpp"
#include "core/random.hpp"

namespace epi {
namespace {

// Both at once; what the first throws, else the second.
void beside(int threads, const std::function<void()>& first, const std::function<void()>& second) {
    std::array<std::exception_ptr, 2> errors;
    parallel_for(2, threads, [&](std::size_t task) {
        try {
            (task == 0 ? first : second)();
        } catch (...) {
            errors.at(task) = std::current_exception();
        }
    });
    for (const auto& error : errors)
        if (error) std::rethrow_exception(error);
}

// Of the cells of the shard, in order.
MatrixScan scan_of_cells(const ShardMatrix& matrix) {
    MatrixScan result;
    result.lengths.reserve(matrix.rows.size());
    for (const auto row : matrix.rows) {
        const auto at = static_cast<std::size_t>(row);
        result.lengths.push_back(row < 0 ? 0 : matrix.found.lengths[at]);
        result.entries += result.lengths.back();
        if (row >= 0 && !matrix.found.row_largest.empty())
            result.largest = std::max(result.largest, matrix.found.row_largest[at]);
    }
    return result;
}

// Calls put(cell, columns, values) for every cell that has a row, in the order of the matrix.
template <class Put>
void stream(const ShardMatrix& matrix, bool values, std::string_view what, const RunContext& context,
            Put&& put) {
    std::vector<std::int32_t> cell_of(static_cast<std::size_t>(matrix.x.rows()), -1);
    for (std::size_t cell = 0; cell < matrix.rows.size(); ++cell)
        if (matrix.rows[cell] >= 0)
            cell_of[static_cast<std::size_t>(matrix.rows[cell])] = static_cast<std::int32_t>(cell);
    matrix.x.for_each(
        [&](const MatrixBlock& block) {
            context.check_stop();
            for (std::int64_t row = 0; row < block.rows(); ++row)
                if (const auto cell = cell_of[static_cast<std::size_t>(block.first + row)]; cell >= 0)
                    put(cell, block.row_columns(row), block.row_values(row));
            context.update(what, static_cast<std::uint64_t>(block.first + block.rows()),
                           static_cast<std::uint64_t>(matrix.x.rows()));
        },
        values);
}

// The same for open peaks, in the order of the shard: so a disk writes from front to back, while the system
// is told which rows come next.
template <class Put>
void stream_in_order(const ShardMatrix& matrix, const RowsInFile& file, const RunContext& context,
                     Put&& put) {
    constexpr std::size_t kAhead = 2048;  // rows; about 40 MB
    std::vector<std::int32_t> columns;
    for (std::size_t first = 0; first < matrix.rows.size(); first += kAhead) {
        context.check_stop();
        const auto end = std::min(matrix.rows.size(), first + kAhead);
        Rows sorted(matrix.rows.begin() + static_cast<std::ptrdiff_t>(first),
                    matrix.rows.begin() + static_cast<std::ptrdiff_t>(end));
        std::sort(sorted.begin(), sorted.end());
        for (const auto row : sorted)
            if (row >= 0) file.will_need(row);
        for (auto cell = first; cell < end; ++cell)
            if (const auto row = matrix.rows[cell]; row >= 0) {
                file.read(row, columns);
                put(static_cast<std::int64_t>(cell), columns);
            }
        context.update("cells", end, matrix.rows.size());
    }
}

}  // namespace

Rows shuffled_order(std::size_t n, std::uint64_t seed, std::string_view name) {
    Rows order(n);
    std::iota(order.begin(), order.end(), 0);
    Rng(seed, hash_text(name)).shuffle(order);
    return order;
}

DataFrame reordered(const DataFrame& frame, const Rows& order) {
    DataFrame result;
    result.index = reordered(frame.index, order);
    for (const auto& [name, column] : frame.columns)
        result.set(name, std::visit(
                             [&](const auto& values) -> Column {
                                 if constexpr (std::is_same_v<std::decay_t<decltype(values)>, Categorical>)
                                     return Categorical{values.categories, reordered(values.codes, order)};
                                 else
                                     return reordered(values, order);
                             },
                             column));
    return result;
}

ReadLimits limits_for(const RunContext& context) {
    constexpr std::uint64_t kFewest = 1 << 12, kMost = 1 << 18, kShare = 128;  // bytes per entry, generously
    return {static_cast<std::size_t>(std::clamp(context.memory_bytes / kShare, kFewest, kMost)), true};
}

StreamedShard stream_shard(const ShardHead& head, const ShardMatrix& peaks, const ShardMatrix* counts,
                           const std::filesystem::path& output, const RunContext& context) {
    const auto open = scan_of_cells(peaks);
    const auto expressed = counts != nullptr ? scan_of_cells(*counts) : MatrixScan();
    ShardWriter writer(head, open.lengths, expressed, output, context.force);
    if (const auto* file = peaks.x.in_file()) {
        // Names take HDF5 as long as rows take the disk.
        beside(
            context.threads, [&] { writer.write_tables(); },
            [&] {
                stream_in_order(peaks, *file, context, [&](std::int64_t cell, const auto& columns) {
                    writer.put_peaks(cell, columns);
                });
            });
    } else {
        stream(peaks, false, "cells", context,
               [&](std::int64_t cell, auto columns, auto) { writer.put_peaks(cell, columns); });
    }
    if (counts != nullptr)
        stream(*counts, true, "cells (RNA)", context, [&](std::int64_t cell, auto columns, auto values) {
            writer.put_counts(cell, columns, values);
        });
    writer.finish();
    return {std::move(writer), static_cast<std::int64_t>(peaks.rows.size()), open.entries, expressed.entries,
            counts != nullptr};
}

void beside_checksums(Provenance& provenance, std::span<const std::filesystem::path> inputs, int threads,
                      const std::function<void()>& work) {
    beside(threads, work, [&] {
        for (const auto& path : inputs)
            if (!path.empty()) provenance.add_input(path);
    });
}

}  // namespace epi
