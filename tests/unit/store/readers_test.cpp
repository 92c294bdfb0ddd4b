#include <gtest/gtest.h>

#include "core/error.hpp"
#include "store/gene_mapping.hpp"
#include "store/manifest.hpp"
#include "store/mex_reader.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

TEST(MatrixMarket, IsTransposedSortedAndAdded) {
    const test::TemporaryFolder folder;
    const auto matrix = read_matrix_market_transposed(
        folder.file("m.mtx",
                    "%%MatrixMarket matrix coordinate integer general\n% a comment\n3 2 5\n"
                    "3 1 7\n1 1 2\n2 2 1\n2 2 4\n1 2 0\n"));
    EXPECT_EQ(matrix.rows, 2);
    EXPECT_EQ(matrix.cols, 3);
    EXPECT_EQ(matrix.indptr, (std::vector<std::int64_t>{0, 2, 3}));
    EXPECT_EQ(matrix.indices, (std::vector<std::int32_t>{0, 2, 1}));
    EXPECT_EQ(matrix.values, (std::vector<double>{2, 7, 5}));
    const auto ones = read_matrix_market_transposed(
        folder.file("p.mtx", "%%MatrixMarket matrix coordinate pattern general\n2 1 1\n2 1\n"));
    EXPECT_EQ(ones.values, (std::vector<double>{1}));
}

TEST(Mex, PeaksOfCellRangerAtac) {
    const test::TemporaryFolder folder;
    folder.file("matrix.mtx", "%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 3\n");
    folder.file("barcodes.tsv", "AC-1\n");
    folder.file("peaks.bed", "chr1\t5\t9\n");
    const auto counts = read_mex(folder.path());
    EXPECT_EQ(counts.features[0].name, "chr1:5-9");
    EXPECT_EQ(counts.features[0].type, "Peaks");
    EXPECT_EQ(counts.barcodes[0], "AC-1");
}

Gene gene(std::string id, std::string name, std::string chrom) {
    Gene result;
    result.id = std::move(id);
    result.name = std::move(name);
    result.chrom = std::move(chrom);
    return result;
}

TEST(GeneMapping, IdThenIdWithoutVersionThenName) {
    GeneTable table;
    table.genes = {gene("ENSG1", "A", "chr1"), gene("ENSG2.3", "B", "chr1"), gene("X3", "C", "chr2"),
                   gene("X4", "D", "chr2")};
    const auto mapping =
        map_features_to_genes({{"ENSG2.9", "b", "", ""},  // id without version
                               {"other", "C", "", ""},    // name
                               {"ENSG1", "C", "", ""},    // id, whatever its name
                               {"ENSG9", "A", "", ""},    // its name's gene has an id of its own: dropped
                               {"nothing", "nothing", "", ""}},
                              table);
    EXPECT_EQ(mapping.gene_of_feature, (std::vector<std::int32_t>{1, 2, 0, -1, -1}));
    EXPECT_EQ(mapping.by_id, 2u);
    EXPECT_EQ(mapping.by_name, 1u);
    EXPECT_EQ(mapping.genes_without, 1u);  // D
}

TEST(GeneMapping, VarTableKeepsTheGenes) {
    GeneTable table;
    table.genes = {gene("E1", "A", "chr1"), gene("E2", "A", "chrX")};
    table.genes[1].start = 5;
    table.genes[1].end = 50;
    table.genes[1].strand = '-';
    const auto var = var_of_genes(table);
    EXPECT_EQ(var.index, (std::vector<std::string>{"A", "A.1"}));
    const auto back = genes_of_var(var, "var");
    EXPECT_EQ(identity_of_genes(back), identity_of_genes(table));
    EXPECT_EQ(back.genes[1].strand, '-');
    EXPECT_EQ(back.genes[1].end, 50);
    table.genes[1].chrom = "chrY";
    EXPECT_NE(identity_of_genes(back), identity_of_genes(table));
}

TEST(GeneMapping, IntervalsGiveCoordinates) {
    const auto table =
        genes_of_features({{"E1", "A", "Gene Expression", "chr1:100-200"}, {"E2", "B", "", "."}});
    EXPECT_EQ(table.genes[0].chrom, "chr1");
    EXPECT_EQ(table.genes[0].start, 100);
    EXPECT_EQ(table.genes[0].end, 200);
    EXPECT_EQ(table.genes[1].chrom, "");
}

TEST(Manifest, IsReadBack) {
    const test::TemporaryFolder folder;
    AtlasManifest manifest;
    manifest.genome = "mm10";
    manifest.peaks = {"peaks.bed", 3, "abc"};
    ShardEntry entry;
    entry.file = "../s.h5mu";
    entry.samples = {"S"};
    entry.cells = 7;
    entry.bytes = 4;
    manifest.shards = {entry};
    write_manifest(manifest, folder.path());
    const auto back = read_manifest(folder.path());
    EXPECT_EQ(back.genome, "mm10");
    EXPECT_EQ(back.shards[0].samples, entry.samples);
    EXPECT_EQ(back.shards[0].cells, 7);
    EXPECT_TRUE(back.genes.file.empty());
    EXPECT_TRUE(back.split.is_null());
    EXPECT_NE(test::message_of<InputError>([&] { check_shard_file(folder.path(), entry); }).find("missing"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
