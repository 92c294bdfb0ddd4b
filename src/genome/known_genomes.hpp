#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "genome/chromosomes.hpp"
#include "genome/genes.hpp"

namespace epi {

// What the program itself knows of a genome, for those who give no files: the sizes of its main chromosomes
// and the bodies of its genes (hg38: protein-coding ones; hg19 and mm10: all named genes, without types).
struct KnownGenome {
    Chromosomes sizes;
    GeneTable genes;
};

// "hg38", "hg19", "mm10".
std::vector<std::string> known_genome_names();

// UsageError if `name` is none of them.
KnownGenome known_genome(std::string_view name);

}  // namespace epi
