#include "genome/genes.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

// One gene as text, to compare whole tables at a glance.
std::string text_of(const Gene& gene) {
    return gene.id + "|" + gene.name + "|" + gene.chrom + ":" + std::to_string(gene.start) + "-" +
           std::to_string(gene.end) + gene.strand + gene.type;
}

std::vector<std::string> genes_in(std::string_view content) {
    const TemporaryFolder folder;
    std::vector<std::string> result;
    for (const auto& gene : read_genes(folder.file("genes", content)).genes) result.push_back(text_of(gene));
    return result;
}

using Texts = std::vector<std::string>;

TEST(Genes, ReadsAGtfByItsGeneRecords) {
    EXPECT_EQ(genes_in("##gtf\n"
                       "chr1\tHAVANA\tgene\t11\t20\t.\t-\t.\tgene_id \"E1\"; gene_type \"protein_coding\"; "
                       "gene_name \"A\";\n"
                       "chr1\tHAVANA\texon\t1\t90\t.\t-\t.\tgene_id \"E1\"; exon_number 1; gene_name \"A\";\n"
                       "chr2\tHAVANA\tgene\t1\t5\t.\t+\t.\tgene_id \"E2\"; gene_biotype \"lincRNA\";\n"),
              (Texts{"E1|A|chr1:10-20-protein_coding", "E2|E2|chr2:0-5+lincRNA"}));
}

TEST(Genes, SpansAllRecordsOfAGtfWithoutGeneRecords) {
    EXPECT_EQ(
        genes_in("chr1\tx\texon\t101\t110\t.\t-\t.\tgene_id \"E1\"; gene_name \"A; B\"; gene_biotype \"t\"\n"
                 "chr3\tx\texon\t5\t6\t.\t*\t.\tgene_id \"E2\"; gene_name \"NA\"\n"
                 "chr1\tx\texon\t51\t60\t.\t+\t.\tgene_id \"E1\"; gene_name \"C\"\n"
                 "chrY\tx\texon\t200\t300\t.\t+\t.\tgene_id \"E1\"; gene_name \"A\"\n"),
        (Texts{"E1|A; B|chr1:50-300-t", "E1|A; B|chrY:50-300-t", "E2|E2|chr3:4-6*"}));
}

TEST(Genes, ReadsBed6AndTables) {
    EXPECT_EQ(genes_in("#chr\nchr1\t5\t9\tA\t0\t-\nchr1\t5\t9\tA\t0\t+\n"),
              (Texts{"A|A|chr1:5-9-", "A|A|chr1:5-9+"}));
    EXPECT_EQ(genes_in("gene_id\tgene_name\tchrom\tstart\tend\tstrand\tgene_type\nE1\t\tchr1\t5\t9\t.\tx\n"),
              (Texts{"E1|E1|chr1:5-9*x"}));
    EXPECT_EQ(genes_in("end\tstart\tchrom\tgene_id\n9\t5\tchr1\tE1\n"), (Texts{"E1|E1|chr1:5-9*"}));
}

TEST(Genes, WritesWhatItReads) {
    const TemporaryFolder folder;
    const GeneTable table{{{"E1", "A", "chr1", 5, 9, '-', "t"}, {"E2", "B", "chrX", 0, 1, '*', ""}}, true};
    write_gene_table(table, folder / "genes.tsv");
    const auto again = read_genes(folder / "genes.tsv");
    ASSERT_EQ(again.size(), 2U);
    EXPECT_TRUE(again.has_types);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(text_of(again.genes[i]), text_of(table.genes[i]));
}

TEST(Genes, TranscriptionStartsAtTheFirstBaseOnEitherStrand) {
    EXPECT_EQ((Gene{"", "", "", 5, 9, '+', ""}.tss()), 5);
    EXPECT_EQ((Gene{"", "", "", 5, 9, '*', ""}.tss()), 5);
    EXPECT_EQ((Gene{"", "", "", 5, 9, '-', ""}.tss()), 8);
}

TEST(Genes, MakesNamesUnique) {
    GeneTable table;
    for (const auto* name : {"A", "B", "A", "A.1", "", "A"})
        table.genes.push_back({"id", name, "", 0, 1, '+', ""});
    EXPECT_EQ(table.unique_names(), (Texts{"A", "B", "A.2", "A.1", "id", "A.3"}));
}

TEST(Genes, RefusesWhatIsNoGeneTable) {
    const auto message = [](std::string_view text) {
        return message_of<InputError>([&] { genes_in(text); });
    };
    const std::string gtf = "chr1\tx\tgene\t1\t9\t.\t+\t.\tgene_id \"E\"\n";
    const std::string header = "gene_id\tchrom\tstart\tend\n";
    EXPECT_NE(message("").find("there is no gene in it"), std::string::npos);
    EXPECT_NE(message(header).find("there is no gene in it"), std::string::npos);
    EXPECT_NE(message("chr1\t5\t9\n").find(":1: this is neither"), std::string::npos);
    EXPECT_NE(message("gene_id\tchrom\n").find("no column 'start'"), std::string::npos);
    EXPECT_NE(message(header + "E\tchr1\t5\n").find(":2: 3 fields"), std::string::npos);
    EXPECT_NE(message(header + "\tchr1\t5\t6\n").find(":2: there is no gene_id"), std::string::npos);
    EXPECT_NE(message(header + "E\tchr1\t5\tx\n").find(":2: 'x' is not a coordinate"), std::string::npos);
    EXPECT_NE(message(header + "E\tchr1\t5\t5\n").find(":2: the gene ends (5) before"), std::string::npos);
    EXPECT_NE(message(gtf + "chr1\tx\tgene\n").find(":2: 3 columns where a GTF has nine"), std::string::npos);
    EXPECT_NE(message(gtf + "chr1\tx\tgene\t1\t9\t.\t+\t.\tx \"E\"\n").find(":2: there is no gene_id"),
              std::string::npos);
    EXPECT_NE(
        message(gtf + "chr1\tx\tgene\t0\t9\t.\t+\t.\tgene_id \"E\"\n").find(":2: '0' is not a coordinate"),
        std::string::npos);
    EXPECT_NE(message(gtf + "chr1\tx\tgene\t1\t9\t.\tx\t.\tgene_id \"E\"\n").find(":2: 'x' is not a strand"),
              std::string::npos);
    EXPECT_NE(message("chr1\t5\t9\tA\t0\t-\nchr1\t5\t9\n").find(":2: 3 columns where BED6"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
