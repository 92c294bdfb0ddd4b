#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "io/atomic_output.hpp"
#include "pipeline/nn/model_folder.hpp"

namespace epi::test {

// A model with random weights on 40 peaks of chr1 and chr2 (start 1000 i, 300 bp), 8 genes and three cell
// types.
inline ModelFolder tiny_model(const std::string& task = "cell-type") {
    ModelFolder model;
    for (const auto* name : {"chr1", "chr2"}) model.chromosomes.add(name, 100000);
    for (int i = 0; i < 40; ++i) {
        const std::string chrom = i < 20 ? "chr1" : "chr2";
        add_interval_named(model.peaks,
                           chrom + ":" + std::to_string(1000 * i) + "-" + std::to_string(1000 * i + 300),
                           "tiny_model");
    }
    for (int i = 0; i < 8; ++i)
        model.genes.genes.push_back({"ENSG" + std::to_string(i), "GENE" + std::to_string(i),
                                     i < 4 ? "chr1" : "chr2", 5000 * i + 2000, 5000 * i + 4000, '+',
                                     "protein_coding"});
    model.genes.has_types = true;
    model.cell_types = {"B", "Mono", "T"};
    model.batches = {"batch1", "batch2"};
    model.preset = "tiny";
    model.task = task;
    auto config = model_preset("tiny");
    config.embed_dim = 16;
    config.layers = 1;
    config.heads = 2;
    config.ffn_dim = 16;
    config.query_dim = 8;
    config.value_head = task == "expression";
    model.network = make_network(config, model.peaks, model.genes, model.chromosomes, model.cell_types.size(),
                                 model.batches.size(), 11);
    return model;
}

// The same, written.
inline std::filesystem::path write_tiny_model(const std::filesystem::path& path,
                                              ModelFolder model = tiny_model()) {
    AtomicFolder folder(path, true);
    write_model(model, folder.temporary_path());
    folder.commit();
    return path;
}

}  // namespace epi::test
