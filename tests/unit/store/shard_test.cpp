#include "store/shard.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/byte_source.hpp"
#include "io/checksum.hpp"
#include "store/anndata_elements.hpp"
#include "store/hdf5.hpp"
#include "store/raw_file.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

// `cells` x `peaks` and x 50 genes, drawn from a seed; row r has r % 7 == 0 no open peak at all.
ShardContent random_content(std::int64_t cells, std::int32_t peaks, std::int32_t largest_count) {
    Rng rng(11);
    ShardContent content;
    content.has_rna = true;
    content.counts.cols = 50;
    for (std::int32_t p = 0; p < peaks; ++p)
        add_interval_named(content.peaks,
                           "chr1:" + std::to_string(100 * p) + "-" + std::to_string(100 * p + 50), "");
    for (int g = 0; g < 50; ++g) {
        Gene gene;
        gene.id = "ID" + std::to_string(g);
        gene.name = "G" + std::to_string(g);
        gene.chrom = "chr2";
        content.genes.genes.push_back(gene);
    }
    std::vector<std::string> types;
    for (std::int64_t cell = 0; cell < cells; ++cell) {
        content.obs.index.push_back("C" + std::to_string(cell));
        types.emplace_back(cell % 3 == 0 ? "" : cell % 3 == 1 ? "T" : "B");
        for (std::int32_t p = 0; p < peaks; ++p)
            if (cell % 7 != 0 && rng.chance(0.1)) content.indices.push_back(p);
        content.indptr.push_back(static_cast<std::int32_t>(content.indices.size()));
        std::vector<std::int32_t> columns;
        std::vector<double> values;
        for (std::int32_t g = 0; g < 50; ++g)
            if (rng.chance(0.3)) {
                columns.push_back(g);
                values.push_back(1 +
                                 static_cast<double>(rng.below(static_cast<std::uint64_t>(largest_count))));
            }
        content.counts.add_row(columns, values);
    }
    content.obs.set("sample", make_categorical(std::vector<std::string>(content.obs.size(), "S")));
    content.obs.set("cell_type", make_categorical(types));
    content.genome = "hg38";
    return content;
}

// Large enough that the arrays are mapped (2,000 cells), small enough that they are read (10 cells); counts
// that need 8, 16 and 32 bits.
class ShardOfSize : public testing::TestWithParam<std::pair<std::int64_t, std::int32_t>> {};

TEST_P(ShardOfSize, GivesBackEveryCell) {
    const auto [cells, largest] = GetParam();
    const auto content = random_content(cells, 300, largest);
    const test::TemporaryFolder folder;
    write_shard(content, folder / "s.h5mu", false);
    const Shard shard = Shard::open(folder / "s.h5mu");
    ASSERT_EQ(shard.cells(), cells);
    EXPECT_TRUE(shard.mapped());
    EXPECT_EQ(shard.peak_names(), content.peaks.names());
    EXPECT_EQ(shard.genome(), "hg38");
    EXPECT_EQ(identity_of_genes(shard.genes()), identity_of_genes(content.genes));
    for (std::int64_t cell = 0; cell < cells; ++cell) {
        const std::vector<std::int32_t> expected(content.indices.begin() + content.indptr[cell],
                                                 content.indices.begin() + content.indptr[cell + 1]);
        const auto open = shard.peaks_of(cell);
        ASSERT_EQ(std::vector<std::int32_t>(open.begin(), open.end()), expected) << cell;
        const auto genes = shard.genes_of(cell);
        const auto counts = shard.counts_of(cell);
        const auto expected_genes = content.counts.row_indices(cell);
        const auto expected_counts = content.counts.row_values(cell);
        ASSERT_TRUE(std::equal(genes.begin(), genes.end(), expected_genes.begin(), expected_genes.end()));
        ASSERT_TRUE(std::equal(counts.begin(), counts.end(), expected_counts.begin(), expected_counts.end()));
        EXPECT_EQ(shard.label(4, cell), cell % 3 == 0 ? "" : cell % 3 == 1 ? "T" : "B");
        EXPECT_EQ(shard.label(0, cell), "S");
        EXPECT_EQ(shard.label(2, cell), "");
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ShardOfSize,
                         testing::Values(std::pair{10, 5}, std::pair{2000, 5}, std::pair{2000, 60000},
                                         std::pair{2000, 1 << 20}));

TEST(Shard, SameContentGivesSameBytes) {
    const test::TemporaryFolder folder;
    const auto content = random_content(500, 300, 9);
    write_shard(content, folder / "a.h5mu", false);
    write_shard(content, folder / "b.h5mu", false);
    EXPECT_EQ(sha256_of_file(folder / "a.h5mu"), sha256_of_file(folder / "b.h5mu"));
    EXPECT_TRUE(read_all(folder / "a.h5mu").starts_with("MuData (format-version=0.1.0;creator=epifoundry"));
}

TEST(Shard, LargeArraysStartAtPages) {
    const test::TemporaryFolder folder;
    write_shard(random_content(3000, 300, 60000), folder / "s.h5mu", false);
    const auto root = Hdf5Node::open_file(folder / "s.h5mu");
    const auto extent = root.child("mod").child("atac").child("X").child("indices").mappable<std::int32_t>();
    ASSERT_TRUE(extent.has_value());
    EXPECT_EQ(extent->offset % kHdf5Page, 0u);
    const auto counts = root.child("mod").child("rna").child("X").child("data").mappable<std::uint16_t>();
    ASSERT_TRUE(counts.has_value());
    EXPECT_EQ(counts->offset % kHdf5Page, 0u);
}

TEST(Shard, AnIndexOutOfRangeIsNoticedWhenItIsRead) {
    const test::TemporaryFolder folder;
    auto content = random_content(2000, 300, 5);
    content.indices.back() = 300;
    write_shard(content, folder / "s.h5mu", false);
    const Shard shard = Shard::open(folder / "s.h5mu");
    EXPECT_NO_THROW(shard.peaks_of(1));
    const auto message = test::message_of<InputError>([&] { shard.peaks_of(1999); });
    EXPECT_NE(message.find("cell 1999"), std::string::npos) << message;
}

TEST(Shard, AnIndptrThatRunsBackwardsIsNoticedAtOnce) {
    const test::TemporaryFolder folder;
    const auto path = folder / "s.h5mu";
    write_shard(random_content(2000, 300, 5), path, false);
    const auto node = Hdf5Node::open_file(path).child("mod").child("atac").child("X").child("indptr");
    const auto offset = node.mappable<std::int32_t>()->offset + 5 * sizeof(std::int32_t);
    const std::int32_t large = 1 << 20;
    RawFile(path, "s.h5mu").write(&large, sizeof large, offset);
    const auto message = test::message_of<InputError>([&] { Shard::open(path); });
    EXPECT_NE(message.find("mod/atac/X/indptr"), std::string::npos) << message;
}

// Two cells with this many open peaks together, written to where nothing can be: what is said first?
std::string refusal_of(std::int32_t first, std::int32_t second) {
    ShardHead head;
    head.obs.index = {"A", "B"};
    add_interval_named(head.peaks, "chr1:0-5", "");
    const std::vector<std::int32_t> open{first, second};
    try {
        const ShardWriter writer(head, open, {}, "/proc/self/s.h5mu", false);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Shard, OneThatWouldHoldTooManyEntriesIsNotBegun) {
    constexpr std::int32_t kHalf = 1 << 30;
    EXPECT_NE(refusal_of(kHalf, kHalf).find("s.h5mu: would hold 2^31 entries or more"), std::string::npos);
    EXPECT_NE(refusal_of(kHalf, kHalf - 1).find("cannot be written"), std::string::npos);
}

TEST(Shard, AFileWithTooManyEntriesIsRefusedBeforeItIsRead) {
    const test::TemporaryFolder folder;
    AnnData data;
    data.x.cols = 2;
    data.x.add_row({}, {});
    data.obs.index = {"A"};
    data.var.index = {"chr1:0-5", "chr1:7-9"};
    const auto path = folder / "p.h5ad";
    Hdf5Writer file(path, "p.h5ad");
    write_encoding(file, "/", "anndata", "0.1.0");
    write_dataframe(file, "/obs", data.obs);
    write_dataframe(file, "/var", data.var);
    constexpr std::int64_t kMany = std::int64_t{1} << 31;
    write_csr_attributes(file, "/X", 1, 2);
    file.array("/X/indptr", std::vector<std::int64_t>{0, kMany});
    file.ones("/X/indices", kMany);  // takes no space
    file.ones("/X/data", kMany);
    file.close();
    const auto message = test::message_of<InputError>([&] { Shard::open(path); });
    EXPECT_NE(message.find("X: holds 2^31 entries or more"), std::string::npos) << message;
}

TEST(Shard, AnH5adOfPeaksIsAListOfCellsWithoutRna) {
    const test::TemporaryFolder folder;
    AnnData data;
    data.x.cols = 2;
    data.x.add_row(std::vector<std::int32_t>{1}, std::vector<double>{4});
    data.obs.index = {"AC-1"};
    data.var.index = {"chr1:0-5", "chr1:7-9"};
    write_h5ad(data, folder / "p.h5ad", false);
    const Shard shard = Shard::open(folder / "p.h5ad");
    EXPECT_FALSE(shard.mapped());
    EXPECT_FALSE(shard.has_rna());
    EXPECT_EQ(shard.peaks_of(0)[0], 1);
    EXPECT_EQ(shard.label(0, 0), "");
    test::message_of<InputError>([&] { Shard::open(folder.file("x.h5mu", "text")); });
}

}  // namespace
}  // namespace epi
