#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "core/run_context.hpp"
#include "io/provenance.hpp"
#include "store/matrix_rows.hpp"
#include "store/shard.hpp"

namespace epi {

// What `pack` and `atlas repack` share: matrices go from file to shard in blocks.

using Rows = std::vector<std::int64_t>;

// 0 .. n-1 in an order drawn from the seed and `name`.
Rows shuffled_order(std::size_t n, std::uint64_t seed, std::string_view name);

template <class Values>
Values reordered(const Values& values, const Rows& order) {
    Values result;
    result.reserve(values.size());
    for (const auto row : order) result.push_back(values[static_cast<std::size_t>(row)]);
    return result;
}
DataFrame reordered(const DataFrame& frame, const Rows& order);

// How much of a matrix is held at a time: a small part of --memory.
ReadLimits limits_for(const RunContext& context);

// A matrix and, for each cell of the shard in order, its row there (-1: none, the cell is empty).
struct ShardMatrix {
    const MatrixRows& x;
    const MatrixScan& found;
    Rows rows;
};
struct StreamedShard {
    ShardWriter writer;  // finished
    std::int64_t cells = 0, peak_entries = 0, gene_entries = 0;
    bool has_rna = false;
};
// Writes a shard up to its provenance. `counts`: null without RNA. InputError and ResourceError as
// ShardWriter and the matrices.
StreamedShard stream_shard(const ShardHead& head, const ShardMatrix& peaks, const ShardMatrix* counts,
                           const std::filesystem::path& output, const RunContext& context);

// Does `work` beside the checksums of its inputs (empty paths are none). An error of the work comes first.
void beside_checksums(Provenance& provenance, std::span<const std::filesystem::path> inputs, int threads,
                      const std::function<void()>& work);

}  // namespace epi
