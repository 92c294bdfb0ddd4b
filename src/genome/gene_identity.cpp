#include "genome/genes.hpp"
#include "io/checksum.hpp"

namespace epi {

std::string identity_of_genes(const GeneTable& table) {
    const auto names = table.unique_names();
    Sha256 hash;
    for (std::size_t i = 0; i < table.size(); ++i)
        hash.update(table.genes[i].id + "\t" + names[i] + "\t" + table.genes[i].chrom + "\n");
    return hash.hex();
}

}  // namespace epi
