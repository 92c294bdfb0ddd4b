#pragma once
#include <filesystem>

#include "core/run_context.hpp"

namespace epi {

struct ImportModelOptions {
    std::filesystem::path checkpoint;  // .pth
    std::filesystem::path atac_vocab, rna_vocab, chr_vocab, cell_type_vocab, batch_vocab, gene2chr;
    int heads = 8;  // the only number of the network that its tensors do not tell
    std::filesystem::path output;
};

// Makes a model folder of a checkpoint of the reference implementation, executing nothing in it. The
// vocabularies are flat JSON objects (token -> id, ids without gaps); those of peaks, genes and chromosomes
// start with <pad>, <mask>, <cls>, <eos>. Peak names are `chr:start-end` or `chr-start-end`; a chromosome
// that is not in its vocabulary becomes the pad chromosome, as in the reference. Genes have no coordinates
// there: they get 0-1. Without `batch_vocab` batches are called batch_0, batch_1, ... InputError: a malformed
// file, a vocabulary of another size than the tensors.
void import_model(const ImportModelOptions& options, const RunContext& context);

}  // namespace epi
