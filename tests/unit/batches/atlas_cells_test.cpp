#include "batches/atlas_cells.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "store/manifest.hpp"
#include "store/shard.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

// A shard of three cells and four peaks; cell c has peak c open, and c counts of gene 0 if it has RNA.
ShardContent small_shard(const std::string& sample, bool rna) {
    ShardContent content;
    content.obs.index = {"A", "B", "C"};
    content.obs.set("sample", make_categorical(std::vector<std::string>(3, sample)));
    content.obs.set("donor", make_categorical(std::vector<std::string>(3, "donor" + sample)));
    content.obs.set("cell_type", make_categorical({"T", "", "B"}));
    for (const auto* name : {"chr1:0-5", "chr1:7-9", "chr2:0-5", "chr2:7-9"})
        add_interval_named(content.peaks, name, "");
    content.indptr = {0, 1, 2, 3};
    content.indices = {0, 1, 2};
    content.has_rna = rna;
    if (rna) {
        Gene gene;
        gene.id = gene.name = "G";
        gene.chrom = "chr1";
        content.genes.genes = {gene};
        content.counts.cols = 1;
        content.counts.add_row({}, {});
        content.counts.add_row(std::vector<std::int32_t>{0}, std::vector<double>{1});
        content.counts.add_row(std::vector<std::int32_t>{0}, std::vector<double>{300});
    }
    return content;
}

// An atlas of two shards, S1 with RNA and S2 without; `split` as in its manifest.
std::filesystem::path small_atlas(const test::TemporaryFolder& folder, const nlohmann::ordered_json& split) {
    AtlasManifest manifest;
    manifest.split = split;
    for (const bool rna : {true, false}) {
        ShardEntry entry;
        entry.file = rna ? "S1.h5mu" : "S2.h5mu";
        const auto content = small_shard(rna ? "S1" : "S2", rna);
        write_shard(content, folder / entry.file, true);
        entry.cells = 3;
        entry.bytes = std::filesystem::file_size(folder / entry.file);
        manifest.peaks = {"peaks.bed", 4, identity_of_names(content.peaks.names())};
        if (rna) manifest.genes = {"genes.tsv", 1, identity_of_genes(content.genes)};
        manifest.shards.push_back(entry);
    }
    write_manifest(manifest, folder.path());
    return folder.path();
}

TEST(AtlasCells, ShardsAreOneListOfCells) {
    const test::TemporaryFolder folder;
    const auto cells = AtlasCells::open(small_atlas(folder, nullptr));
    ASSERT_EQ(cells.size(), 6);
    EXPECT_EQ(cells.name(0), "S1:A");
    EXPECT_EQ(cells.name(5), "S2:C");
    EXPECT_EQ(cells.peaks_of(5)[0], 2);
    EXPECT_EQ(cells.cell_type(4), "");
    EXPECT_EQ(cells.column("cell_type"), (std::vector<std::string>{"T", "", "B", "T", "", "B"}));
    EXPECT_TRUE(cells.has_rna(2));
    EXPECT_FALSE(cells.has_rna(3));
    EXPECT_EQ(cells.counts_of(2), (std::vector<std::int32_t>{300}));
    EXPECT_TRUE(cells.genes_of(3).empty());
    EXPECT_EQ(cells.n_peaks(), 4);
    EXPECT_EQ(cells.n_genes(), 1);
    EXPECT_FALSE(cells.has_split());
    EXPECT_EQ(cells.split(0), "");
    test::message_of<UsageError>([&] { cells.column("colour"); });
    const std::vector<std::int64_t> chosen{5, 1};
    EXPECT_EQ(cells.peak_matrix(chosen).indices, (std::vector<std::int32_t>{2, 1}));
    EXPECT_EQ(cells.count_matrix(chosen).indptr, (std::vector<std::int64_t>{0, 0, 1}));
}

TEST(AtlasCells, ManyCellsAreReadAsOneByOne) {
    const test::TemporaryFolder folder;
    const auto cells = AtlasCells::open(small_atlas(folder, nullptr));
    for (const auto& chosen : std::vector<std::vector<std::int64_t>>{{}, {4}, {5, 0, 0, 3, 2, 1, 4, 5}}) {
        std::vector<std::int32_t> expected, copied(cells.peak_count(chosen));
        for (const auto cell : chosen)
            expected.insert(expected.end(), cells.peaks_of(cell).begin(), cells.peaks_of(cell).end());
        std::size_t next = 0;
        cells.for_each_peaks(chosen, [&](std::size_t i, std::span<const std::int32_t> peaks) {
            EXPECT_EQ(i, next++);
            EXPECT_EQ(peaks.data(), cells.peaks_of(chosen[i]).data());
            EXPECT_EQ(peaks.size(), cells.peaks_of(chosen[i]).size());
        });
        EXPECT_EQ(next, chosen.size());
        cells.copy_peaks(chosen, copied.data());
        EXPECT_EQ(copied, expected);
    }
}

TEST(AtlasCells, PartsFollowTheRule) {
    const test::TemporaryFolder folder;
    const nlohmann::ordered_json rule{
        {"by", "donor"}, {"train", {"donorS1"}}, {"val", {"donorS2"}}, {"test", {""}}};
    const auto cells = AtlasCells::open(small_atlas(folder, rule));
    EXPECT_EQ(cells.cells_in("train"), (std::vector<std::int64_t>{0, 1, 2}));
    EXPECT_EQ(cells.cells_in("val"), (std::vector<std::int64_t>{3, 4, 5}));
    folder.file("split.tsv", "cell\tsplit\nS2:B\ttest\n");
    const nlohmann::ordered_json table{{"by", "table"}, {"file", "split.tsv"}, {"sha256", ""}};
    const auto listed = AtlasCells::open(small_atlas(folder, table));
    EXPECT_EQ(listed.cells_in("test"), (std::vector<std::int64_t>{4}));
    EXPECT_EQ(listed.cells_in("").size(), 5u);
    test::message_of<InputError>([&] {
        AtlasCells::open(small_atlas(folder, {{"by", "colour"}, {"train", {}}, {"val", {}}, {"test", {}}}));
    });
}

TEST(AtlasCells, ASingleShardIsAListToo) {
    const test::TemporaryFolder folder;
    small_atlas(folder, nullptr);
    const auto cells = AtlasCells::open(folder / "S2.h5mu");
    EXPECT_EQ(cells.size(), 3);
    EXPECT_EQ(cells.name(1), "S2:B");
    EXPECT_EQ(cells.gene_identity(), "");
}

TEST(AtlasCells, AChangedShardIsRefused) {
    const test::TemporaryFolder folder;
    const auto atlas = small_atlas(folder, nullptr);
    auto other = small_shard("S2", false);
    other.peaks.intervals[0].end = 6;
    write_shard(other, folder / "S2.h5mu", true);
    const auto message = test::message_of<InputError>([&] { AtlasCells::open(atlas); });
    EXPECT_NE(message.find("its peaks are not those of"), std::string::npos) << message;
    std::filesystem::remove(folder / "S2.h5mu");
    EXPECT_NE(
        test::message_of<InputError>([&] { AtlasCells::open(atlas); }).find("S2.h5mu: the shard is missing"),
        std::string::npos);
}

}  // namespace
}  // namespace epi
