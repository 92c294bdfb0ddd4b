#include "fragments/fragment_batch.hpp"

#include "genome/contig_names.hpp"

namespace epi {

Contig contig_of(const Chromosomes& contigs, std::uint32_t id) {
    return {id, is_mitochondrial(contigs.name(id)), contigs.length(id)};
}

}  // namespace epi
