#include "train/batch.hpp"

#include "model/autocast.hpp"
#include "train/sampling.hpp"

namespace epi {
namespace {

constexpr int kBins = 10;

PackedCells pack(std::span<const DrawnCell> cells, torch::Device device) {
    std::vector<std::vector<std::int32_t>> peaks;
    for (const auto& cell : cells) peaks.push_back(cell.peaks);
    auto packed = pack_cells(peaks);
    packed.tokens = packed.tokens.to(device);
    std::vector<std::int64_t> pooled;
    bool apart = false;
    for (const auto& cell : cells) apart |= !cell.pooled.empty();
    if (!apart) return packed;
    packed.pooled_offsets.assign(1, 0);
    for (const auto& cell : cells) {
        for (const auto peak : cell.pooled.empty() ? cell.peaks : cell.pooled)
            pooled.push_back(peak + kSpecials);
        packed.pooled_offsets.push_back(static_cast<std::int64_t>(pooled.size()));
    }
    packed.pooled = torch::tensor(pooled, torch::kInt64).to(device);
    return packed;
}

struct Slots {
    GeneSlots genes;
    torch::Tensor targets;
};

Slots slots_of(std::span<const DrawnCell> cells, torch::Device device) {
    std::vector<std::int64_t> genes, cell_of, targets;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        for (const auto gene : cells[i].genes) genes.push_back(gene + kSpecials);
        cell_of.insert(cell_of.end(), cells[i].genes.size(), static_cast<std::int64_t>(i));
        targets.insert(targets.end(), cells[i].targets.begin(), cells[i].targets.end());
    }
    const auto tensor = [&](const std::vector<std::int64_t>& values) {
        return torch::tensor(values, torch::kInt64).to(device);
    };
    return {{tensor(genes), tensor(cell_of)}, tensor(targets)};
}

void add_gene_loss(Losses& losses, const Network& network, const torch::Tensor& z,
                   std::span<const DrawnCell> cells, GeneTask task) {
    const auto device = z.device();
    const auto slots = slots_of(cells, device);
    if (slots.targets.size(0) == 0) return;
    std::vector<std::int64_t> batches;
    for (const auto& cell : cells) batches.push_back(cell.batch);
    const auto batch = torch::tensor(batches, torch::kInt64).to(device);
    losses.genes = static_cast<double>(slots.targets.size(0));
    torch::Tensor right;
    const auto expressed = slots.targets.gt(0);
    if (task == GeneTask::Expressed) {
        const auto logits = network.gene_logits(z, slots.genes, batch).to(torch::kFloat32);
        losses.gene = at::cross_entropy_loss(logits, slots.targets, {}, at::Reduction::Sum);
        right = logits.argmax(1).eq(slots.targets);
    } else {
        const auto levels = network.expression(z, slots.genes, batch).to(torch::kFloat32);
        losses.gene = (levels - slots.targets.to(levels.scalar_type())).square().sum();
        right = levels.ge(0.5).eq(expressed);
    }
    losses.genes_right = right.sum().item<double>();
    losses.genes_expressed = expressed.sum().item<double>();
    losses.genes_expressed_right = (right & expressed).sum().item<double>();
}

void add_cell_type_loss(Losses& losses, const Network& network, const torch::Tensor& z,
                        std::span<const DrawnCell> cells, const TrainSettings& settings,
                        const torch::Tensor& class_weights) {
    std::vector<std::int64_t> rows, labels;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].cell_type < 0) continue;
        rows.push_back(static_cast<std::int64_t>(i));
        labels.push_back(cells[i].cell_type);
    }
    if (rows.empty()) return;
    const auto row = torch::tensor(rows, torch::kInt64).to(z.device());
    const auto label = torch::tensor(labels, torch::kInt64).to(z.device());
    const auto logits = network.cell_type_logits(z.index_select(0, row)).to(torch::kFloat32);
    const double smoothing = network.training() ? settings.label_smoothing : 0.0;
    const auto each = at::cross_entropy_loss(logits, label, {}, at::Reduction::None, -100, smoothing);
    const auto weights = class_weights.defined() ? class_weights.index_select(0, label) : at::ones_like(each);
    losses.cell_type = (each * weights).sum();
    losses.cell_weight = weights.sum().item<double>();
    const auto predicted = logits.argmax(1).cpu();
    for (std::size_t i = 0; i < labels.size(); ++i)
        losses.predicted.emplace_back(
            static_cast<std::int32_t>(labels[i]),
            static_cast<std::int32_t>(predicted[static_cast<std::int64_t>(i)].item<std::int64_t>()));
}

}  // namespace

bool uses_bf16(const TrainSettings& settings, torch::Device device) {
    return settings.precision == Precision::Bf16 ||
           (settings.precision == Precision::Auto && device.is_cuda());
}

DrawnCell draw_cell(const CellSource& source, std::int64_t cell, std::size_t max_peaks,
                    const ModelConfig& config, GeneTask task, std::uint64_t seed) {
    TrainingCell whole;
    source.read(cell, whole);
    Rng rng(seed);
    DrawnCell drawn;
    drawn.cell = cell;
    drawn.cell_type = whole.cell_type;
    drawn.batch = whole.batch;
    drawn.peaks = draw(whole.peaks, max_peaks, rng);
    if (config.pooling == Pooling::Mean && drawn.peaks.size() < whole.peaks.size())
        drawn.pooled = draw(whole.peaks, static_cast<std::size_t>(config.max_peaks - 1), rng);
    auto genes = draw_genes(whole.genes, config.genes - kSpecials, config.max_genes, rng);
    const auto levels =
        task == GeneTask::Level ? bin_counts(whole.counts, kBins) : std::vector<std::int32_t>();
    for (const auto at : genes.expressed_at)
        drawn.targets.push_back(at < 0                    ? 0
                                : task == GeneTask::Level ? levels[static_cast<std::size_t>(at)]
                                                          : 1);
    drawn.genes = std::move(genes.genes);
    return drawn;
}

Losses losses_of(const Network& network, std::span<const DrawnCell> cells, const TrainSettings& settings,
                 GeneTask task, const torch::Tensor& class_weights) {
    Losses losses;
    const Autocast autocast(uses_bf16(settings, network.device()), network.device());
    const auto packed = pack(cells, network.device());
    torch::Tensor z;
    if (settings.tune == Tune::Frozen) {
        torch::NoGradGuard no_grad;
        z = network.embed_cells(packed);
    } else {
        z = network.embed_cells(packed);
    }
    if (settings.gene_loss > 0) add_gene_loss(losses, network, z, cells, task);
    if (network.config().cell_types > 0) {
        // Without weight in the loss, the head is only looked at, not trained.
        torch::AutoGradMode gradients(at::GradMode::is_enabled() && settings.cell_type_loss > 0);
        add_cell_type_loss(losses, network, z, cells, settings, class_weights);
    }
    return losses;
}

std::vector<std::size_t> token_groups(std::span<const DrawnCell> cells, std::int64_t tokens) {
    std::vector<std::size_t> ends;
    std::int64_t used = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto own = static_cast<std::int64_t>(cells[i].peaks.size()) + 1;
        if (used > 0 && used + own > tokens) {
            ends.push_back(i);
            used = 0;
        }
        used += own;
    }
    if (!cells.empty()) ends.push_back(cells.size());
    return ends;
}

}  // namespace epi
