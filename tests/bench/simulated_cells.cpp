#include "bench/simulated_cells.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "genome/interval.hpp"
#include "store/anndata_stream.hpp"
#include "store/manifest.hpp"
#include "store/shard.hpp"

namespace epi::bench {
namespace fs = std::filesystem;
namespace {

// Open peaks per cell: log-normal with median 4,500 of 500,000 peaks, mean 4,900.
std::vector<std::int32_t> draw_lengths(std::int64_t cells, std::int64_t peaks) {
    Rng rng(1);
    std::vector<std::int32_t> lengths;
    for (std::int64_t cell = 0; cell < cells; ++cell) {
        const double open = 4500.0 * static_cast<double>(peaks) / 500000 * std::exp(0.4 * rng.normal());
        lengths.push_back(static_cast<std::int32_t>(std::min(open, 0.4 * static_cast<double>(peaks))));
    }
    return lengths;
}

// Sorted peaks of a cell, gaps near exponential; exactly `row.size()` of them.
void draw_row(std::int64_t cell, std::int64_t peaks, std::vector<std::int32_t>& row) {
    Rng rng(2, static_cast<std::uint64_t>(cell));
    // Each open peak lies at random in a stretch of its own: sorted and distinct without a sort.
    const double stretch = static_cast<double>(peaks) / static_cast<double>(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        const auto begin = static_cast<std::int64_t>(stretch * static_cast<double>(i));
        const auto end = static_cast<std::int64_t>(stretch * static_cast<double>(i + 1));
        const auto width = static_cast<std::uint64_t>(std::max<std::int64_t>(1, end - begin));
        row[i] = static_cast<std::int32_t>(begin) + static_cast<std::int32_t>(((rng() >> 32) * width) >> 32);
    }
}

DataFrame obs_of(std::int64_t cells) {
    DataFrame obs;
    std::vector<std::int32_t> codes;
    for (std::int64_t cell = 0; cell < cells; ++cell) {
        obs.index.push_back("CELL" + std::to_string(10000000 + cell) + "-1");
        codes.push_back(static_cast<std::int32_t>(cell % 10));
    }
    std::vector<std::string> types;
    for (int i = 0; i < 10; ++i) types.push_back("type" + std::to_string(i));
    obs.set("sample", make_categorical(std::vector<std::string>(obs.size(), "S")));
    obs.set("cell_type", Categorical{types, codes});
    return obs;
}

std::vector<std::string> peak_names(std::int64_t peaks) {
    std::vector<std::string> names;
    for (std::int64_t peak = 0; peak < peaks; ++peak)
        names.push_back("chr1:" + std::to_string(1000 * peak) + "-" + std::to_string(1000 * peak + 500));
    return names;
}

template <class Put>
void for_each_row(const std::vector<std::int32_t>& lengths, std::int64_t peaks, Put&& put) {
    std::vector<std::int32_t> row;
    for (std::size_t cell = 0; cell < lengths.size(); ++cell) {
        row.resize(static_cast<std::size_t>(lengths[cell]));
        draw_row(static_cast<std::int64_t>(cell), peaks, row);
        put(static_cast<std::int64_t>(cell), row);
    }
}

}  // namespace

void make_shard(std::int64_t cells, std::int64_t peaks, const fs::path& path) {
    ShardHead head;
    head.obs = obs_of(cells);
    head.peaks = intervals_named(peak_names(peaks), "the bench");
    const auto lengths = draw_lengths(cells, peaks);
    ShardWriter writer(head, lengths, {}, path, true);
    for_each_row(lengths, peaks, [&](std::int64_t cell, const auto& row) { writer.put_peaks(cell, row); });
    writer.commit(nlohmann::ordered_json::object());
}

void make_h5ad(std::int64_t cells, std::int64_t peaks, const fs::path& path) {
    AnnData tables;
    tables.obs = obs_of(cells);
    tables.var.index = peak_names(peaks);
    tables.uns = nlohmann::ordered_json::object();
    const auto lengths = draw_lengths(cells, peaks);
    AnnDataWriter writer(tables, lengths, StoredAs::Int32, path, true);
    std::vector<double> counts;
    for_each_row(lengths, peaks, [&](std::int64_t cell, const auto& row) {
        counts.resize(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) counts[i] = row[i] % 8 == 0 ? 2 : 1;
        writer.put(cell, row, counts);
    });
    writer.commit();
}

void make_atlas(const fs::path& folder, std::int64_t shards, std::int64_t cells) {
    constexpr std::int64_t kPeaks = 500000;
    constexpr std::int32_t kOpen = 20;
    fs::create_directories(folder);
    AtlasManifest manifest;
    ShardHead head;
    head.obs = obs_of(cells);
    head.peaks = intervals_named(peak_names(kPeaks), "the bench");
    const std::vector<std::int32_t> lengths(static_cast<std::size_t>(cells), kOpen);
    for (std::int64_t i = 0; i < shards; ++i) {
        const auto name = "S" + std::to_string(100 + i);
        const auto path = folder / (name + ".h5mu");
        head.obs.set("sample", make_categorical(std::vector<std::string>(head.obs.size(), name)));
        ShardWriter writer(head, lengths, {}, path, true);
        for_each_row(lengths, kPeaks,
                     [&](std::int64_t cell, const auto& row) { writer.put_peaks(cell, row); });
        writer.commit(nlohmann::ordered_json::object());
        manifest.shards.push_back({path.filename(),
                                   {name},
                                   cells,
                                   kOpen * cells,
                                   0,
                                   false,
                                   fs::file_size(path),
                                   std::string(64, '0'),
                                   {}});
    }
    manifest.peaks = {"peaks.bed", kPeaks, identity_of_names(head.peaks.names())};
    manifest.split = {{"by", "cell"}, {"fractions", {0.8, 0.1, 0.1}}, {"seed", 1}};
    write_manifest(manifest, folder);
}

}  // namespace epi::bench
