#include "pipeline/nn/finetune.hpp"

#include <algorithm>

#include "core/random.hpp"
#include "core/text.hpp"
#include "io/checksum.hpp"
#include "io/provenance.hpp"
#include "model/device.hpp"
#include "pipeline/nn/atlas_source.hpp"
#include "pipeline/nn/calibration.hpp"
#include "train/streams.hpp"

namespace epi {
namespace {

bool is_cell_type(const FinetuneOptions& options) {
    return options.task == "cell-type";
}

// The cells of a split that the task can learn from.
CellSet usable(const AtlasCells& atlas, std::string_view split, const CellFilter& where, bool cell_type) {
    return cells_to_use(atlas, split, where, [&](std::int64_t cell) {
        return cell_type ? !atlas.cell_type(cell).empty() : atlas.has_rna(cell);
    });
}

// The shape of the network is the model's; what only matters while training may change.
ModelConfig changed_config(const ModelConfig& before, const std::map<std::string, std::string>& fields,
                           TrainSettings& settings) {
    auto config = before;
    apply_fields(fields, config, settings);
    auto shape = fields_to_json(config), old_shape = fields_to_json(before);
    for (const char* free : {"dropout", "attention_dropout", "max_peaks", "max_genes", "norm_statistics"}) {
        shape.erase(free);
        old_shape.erase(free);
    }
    for (const auto& [name, value] : shape.items())
        if (value != old_shape.at(name))
            throw UsageError("--" + name, "the shape of the network is that of the model",
                             "leave it out, or pretrain a model of this shape");
    return config;
}

// Everything the old network knows that has a place in the new one. The cell type head only if it is for the
// same types; the value head starts from the gene decoder unless there was one.
void carry_over(const Network& before, Network& after, bool same_types) {
    torch::NoGradGuard no_grad;
    std::map<std::string, torch::Tensor> old;
    for (const auto& [name, tensor] : before.state()) old.emplace(name, tensor);
    for (const auto& [name, target] : after.state()) {
        if (name.starts_with("cls_decoder.") && !same_types) continue;
        auto source = old.find(name);
        if (source == old.end() && name.starts_with("value_decoder.") &&
            name.find(".fc2.") == std::string::npos)
            source = old.find("mvc_decoder." + name.substr(std::string("value_decoder.").size()));
        if (source != old.end()) target.copy_(source->second);
    }
}

// A validation cell of a type that no training cell has cannot be named rightly.
void warn_of_unseen_types(const AtlasCells& atlas, const AtlasSource& validation, const RunContext& context) {
    std::map<std::string, std::int64_t> unseen;
    std::int64_t cells = 0;
    for (std::int64_t i = 0; i < validation.size(); ++i)
        if (validation.cell_type(i) < 0) {
            ++unseen[std::string(atlas.cell_type(validation.cells()[i]))];
            ++cells;
        }
    if (unseen.empty()) return;
    std::vector<std::string> names;
    for (const auto& [name, count] : unseen) names.push_back("'" + name + "' (" + with_commas(count) + ")");
    context.warn(
        with_commas(cells) +
        " validation cells are of types that no training cell has, and are not scored: " + join(names, ", "));
}

struct Setup {
    ModelFolder before;
    ModelConfig config;
    TrainSettings settings;
};

Setup set_up(const FinetuneOptions& options) {
    Setup setup;
    setup.before = read_model(options.model);
    setup.settings = train_preset(setup.before.preset, options.task);
    setup.config = changed_config(setup.before.config(), options.fields, setup.settings);
    // Neither is computed without its loss; a cell type task without it learns nothing.
    if (is_cell_type(options) && setup.settings.cell_type_loss == 0)
        throw UsageError("--cell-type-loss", "is 0 in a cell type task", "give a weight above 0");
    // What a frozen network says of genes does not move.
    if (is_cell_type(options) && setup.settings.tune == Tune::Frozen && !options.fields.contains("gene_loss"))
        setup.settings.gene_loss = 0;
    setup.config.value_head = setup.config.value_head || !is_cell_type(options);
    return setup;
}

TrainingResult run(const FinetuneOptions& options, ProcessGroup& processes, const RunContext& context) {
    auto [before, config, settings] = set_up(options);
    const auto atlas = AtlasCells::open(options.atlas);
    for (const auto& note : atlas.notes()) context.note(note);
    check_same_features(before, options.model, atlas.peak_identity(), atlas.gene_identity(), options.atlas);
    const bool cell_type = is_cell_type(options);
    const auto where = CellFilter::parse(options.where);
    const auto training = usable(atlas, "train", where, cell_type);
    if (training.empty())
        throw InputError(
            options.atlas.string(),
            cell_type ? "has no training cell with a cell type" : "has no training cell with RNA",
            "check the split of the atlas, the labels given to pack, and --where");
    ModelFolder model;
    model.preset = before.preset;
    model.task = options.task;
    model.genome = before.genome;
    model.peaks = before.peaks;
    model.genes = before.genes;
    model.chromosomes = before.chromosomes;
    model.batches = before.batches;
    model.cell_types = cell_type ? labels_among(atlas, training, CellLabel::CellType) : before.cell_types;
    model.training = fields_to_json(settings);
    AtlasSource train_cells(atlas, training, model.cell_types, model.batches);
    train_cells.balance_by(settings.balance);
    const AtlasSource validation(atlas, usable(atlas, "val", where, cell_type), model.cell_types,
                                 model.batches);
    if (cell_type) warn_of_unseen_types(atlas, validation, context);
    nlohmann::ordered_json identity{{"command", "finetune"},
                                    {"task", options.task},
                                    {"model", sha256_of_file(options.model / "model.safetensors")},
                                    {"network", fields_to_json(config)},
                                    {"training", model.training},
                                    {"seed", context.seed},
                                    {"cells", training.size()},
                                    {"validation", validation.size()},
                                    {"cell_types", model.cell_types},
                                    {"where", options.where},
                                    {"device", options.device}};
    TrainingRun run(options, identity, processes, context);
    if (run.finished()) return run.nothing_left();
    Provenance provenance("finetune", identity, context);
    model.provenance = provenance.full();
    model.network = make_network(config, model.peaks, model.genes, model.chromosomes, model.cell_types.size(),
                                 model.batches.size(), context.seed);
    carry_over(*before.network, *model.network, model.cell_types == before.cell_types);
    if (settings.tune == Tune::Lora)
        model.network->add_lora(settings.lora_rank, settings.lora_alpha, mix(context.seed, kLoraStream));
    model.network->to(use_device(options.device, processes.local_rank()));
    Trainer trainer(*model.network, settings, cell_type ? GeneTask::Expressed : GeneTask::Level, train_cells,
                    validation, context.seed, processes);
    run.train(trainer);
    model.network->merge_lora();
    // Written by the first process alone.
    model.calibration = cell_type && processes.first()
                            ? fit_calibration(*model.network, train_cells, validation, context.seed, context)
                            : before.calibration;
    run.finish(model, trainer);
    return {trainer.log(), false, processes.first()};
}

}  // namespace

TrainingResult finetune(const FinetuneOptions& options, const RunContext& context) {
    return train_together(options, context, [&](ProcessGroup& processes, const RunContext& own) {
        return run(options, processes, own);
    });
}

}  // namespace epi
