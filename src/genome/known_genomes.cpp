#include "genome/known_genomes.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/line_reader.hpp"

// The tables of share/genomes become part of the program, so that it needs no folder beside it.
#define EPI_EMBED(symbol, file)                                                                    \
    asm(".section .rodata\n" #symbol "_begin:\n.incbin \"" EPI_GENOMES_DIR "/" file "\"\n" #symbol \
        "_end:\n.byte 0\n.previous\n");                                                            \
    extern "C" const char symbol##_begin[], symbol##_end[];

EPI_EMBED(epi_hg38_genes, "hg38.genes.tsv.gz")
EPI_EMBED(epi_hg19_genes, "hg19.genes.tsv.gz")
EPI_EMBED(epi_mm10_genes, "mm10.genes.tsv.gz")
EPI_EMBED(epi_hg38_sizes, "hg38.chrom.sizes")
EPI_EMBED(epi_hg19_sizes, "hg19.chrom.sizes")
EPI_EMBED(epi_mm10_sizes, "mm10.chrom.sizes")

namespace epi {
namespace {

struct Embedded {
    const char* name;
    std::string_view genes, sizes;
};

const std::array<Embedded, 3>& embedded() {
    static const std::array<Embedded, 3> genomes{
        {{"hg38", {epi_hg38_genes_begin, epi_hg38_genes_end}, {epi_hg38_sizes_begin, epi_hg38_sizes_end}},
         {"hg19", {epi_hg19_genes_begin, epi_hg19_genes_end}, {epi_hg19_sizes_begin, epi_hg19_sizes_end}},
         {"mm10", {epi_mm10_genes_begin, epi_mm10_genes_end}, {epi_mm10_sizes_begin, epi_mm10_sizes_end}}}};
    return genomes;
}

}  // namespace

std::vector<std::string> known_genome_names() {
    std::vector<std::string> names;
    for (const auto& genome : embedded()) names.emplace_back(genome.name);
    return names;
}

KnownGenome known_genome(std::string_view name) {
    for (const auto& genome : embedded()) {
        if (genome.name != name) continue;
        LineReader sizes(bytes_of(genome.sizes, std::string(name) + " (built in)"));
        LineReader genes(bytes_of(genome.genes, std::string(name) + " (built in)"));
        return {read_chrom_sizes(sizes), read_genes(genes)};
    }
    throw UsageError("--genome", "'" + std::string(name) + "' is not known",
                     "the built-in genomes are " + join(known_genome_names(), ", "));
}

}  // namespace epi
