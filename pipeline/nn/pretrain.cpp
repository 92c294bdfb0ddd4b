#include "pipeline/nn/pretrain.hpp"

#include "io/provenance.hpp"
#include "model/device.hpp"
#include "pipeline/nn/atlas_source.hpp"
#include "train/initialise.hpp"

namespace epi {
namespace {

// More cells than this change the SVD little and cost much.
constexpr std::int64_t kMostSvdCells = 20000;

void start_from_data(Network& network, const AtlasCells& atlas, const CellSet& cells,
                     const TrainSettings& settings, const RunContext& context) {
    if (settings.init != Init::Svd) return;
    std::vector<std::int64_t> chosen;
    const auto step = std::max<std::int64_t>(1, cells.size() / kMostSvdCells);
    for (std::int64_t i = 0; i < cells.size(); i += step) chosen.push_back(cells[i]);
    initialise_peaks_by_svd(network, atlas.peak_matrix(chosen), settings.svd_rank, context.seed, context);
    Csr<float> expressed;
    expressed.cols = atlas.n_genes();
    for (const auto cell : chosen) {
        const auto genes = atlas.genes_of(cell);
        expressed.add_row(genes, std::vector<float>(genes.size(), 1.0F));
    }
    initialise_genes_by_svd(network, expressed, settings.gene_svd_rank, context.seed, context);
}

TrainingResult run(const PretrainOptions& options, ProcessGroup& processes, const RunContext& context) {
    auto config = model_preset(options.preset);
    auto settings = train_preset(options.preset, "pretrain");
    apply_fields(options.fields, config, settings);
    if (settings.tune != Tune::Whole)
        throw UsageError("--tune", "a new network has nothing to keep", "leave it out, or use finetune");
    const auto where = CellFilter::parse(options.where);
    const auto atlas = AtlasCells::open(options.atlas);
    for (const auto& note : atlas.notes()) context.note(note);
    const auto has_rna = [&](std::int64_t cell) { return atlas.has_rna(cell); };
    const auto training = cells_to_use(atlas, "train", where, has_rna),
               validation = cells_to_use(atlas, "val", where, has_rna);
    if (training.empty())
        throw InputError(
            options.atlas.string(), "has no training cell with RNA",
            "pretrain on an atlas of paired cells whose split names train cells; --where may leave none");
    ModelFolder model;
    model.preset = options.preset;
    model.task = "pretrain";
    model.genome = atlas.genome();
    model.peaks = atlas.peaks();
    model.genes = atlas.genes();
    model.chromosomes = chromosomes_of(model.peaks, model.genes);
    model.batches = labels_among(atlas, training, CellLabel::Batch);
    // A head that is not trained would only mislead: none without a loss for it.
    if (settings.cell_type_loss > 0) model.cell_types = labels_among(atlas, training, CellLabel::CellType);
    model.training = fields_to_json(settings);
    nlohmann::ordered_json identity{
        {"command", "pretrain"},          {"preset", options.preset}, {"network", fields_to_json(config)},
        {"training", model.training},     {"seed", context.seed},     {"peaks", atlas.peak_identity()},
        {"genes", atlas.gene_identity()}, {"cells", training.size()}, {"validation", validation.size()},
        {"where", options.where},         {"device", options.device}};
    TrainingRun run(options, identity, processes, context);
    if (run.finished()) return run.nothing_left();
    Provenance provenance("pretrain", identity, context);
    model.provenance = provenance.full();
    model.network = make_network(config, model.peaks, model.genes, model.chromosomes, model.cell_types.size(),
                                 model.batches.size(), context.seed);
    if (!run.continues() && processes.first())
        start_from_data(*model.network, atlas, training, settings, context);
    model.network->to(use_device(options.device, processes.local_rank()));
    AtlasSource train_cells(atlas, training, model.cell_types, model.batches);
    train_cells.balance_by(settings.balance);
    const AtlasSource validation_cells(atlas, validation, model.cell_types, model.batches);
    Trainer trainer(*model.network, settings, GeneTask::Expressed, train_cells, validation_cells,
                    context.seed, processes);
    run.train(trainer);
    run.finish(model, trainer);
    return {trainer.log(), false, processes.first()};
}

}  // namespace

TrainingResult pretrain(const PretrainOptions& options, const RunContext& context) {
    return train_together(options, context, [&](ProcessGroup& processes, const RunContext& own) {
        return run(options, processes, own);
    });
}

}  // namespace epi
