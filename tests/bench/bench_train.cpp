// Measures the network and the trainer beside peers: see train.py.
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "bench/peer_network.hpp"
#include "core/error.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "model/autocast.hpp"
#include "train/trainer.hpp"

namespace {

using namespace epi;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kGenes = 36'601, kChromosomes = 24, kBatches = 20, kTypes = 56;

// The paper's network; `small` makes it narrower and flatter.
ModelConfig config_of(const std::string& size, std::int64_t peaks) {
    ModelConfig config;
    if (size == "small") {
        config.embed_dim = 128;
        config.layers = 2;
        config.heads = 4;
        config.ffn_dim = 256;
    }
    config.attention_dropout = 0;  // on a CPU it would write out every attention matrix, for all alike
    config.peaks = peaks + kSpecials;
    config.genes = kGenes + kSpecials;
    config.chromosomes = kChromosomes + kSpecials;
    config.batches = kBatches;
    config.cell_types = kTypes;
    return config;
}

std::vector<std::int32_t> distinct(Rng& rng, std::int64_t of, std::int64_t wanted) {
    std::set<std::int32_t> chosen;
    while (std::ssize(chosen) < wanted)
        chosen.insert(static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(of))));
    return {chosen.begin(), chosen.end()};
}

// Open peaks log-normal around 3,000, expressed genes around 2,000.
class SimulatedCells : public CellSource {
  public:
    SimulatedCells(std::int64_t cells, std::int64_t of_peaks, std::uint64_t seed) {
        Rng rng(seed);
        for (std::int64_t i = 0; i < cells; ++i) {
            const auto peaks = std::clamp<std::int64_t>(
                std::llround(std::exp(std::log(3000.0) + 0.5 * rng.normal())), 200, 11'999);
            const auto genes = std::clamp<std::int64_t>(
                std::llround(std::exp(std::log(2000.0) + 0.4 * rng.normal())), 100, 4000);
            cells_.push_back({distinct(rng, of_peaks, peaks),
                              distinct(rng, kGenes, genes),
                              {},
                              static_cast<std::int32_t>(rng.below(kTypes)),
                              static_cast<std::int32_t>(rng.below(kBatches))});
        }
    }
    std::int64_t size() const override { return std::ssize(cells_); }
    void read(std::int64_t cell, TrainingCell& out) const override {
        out = cells_[static_cast<std::size_t>(cell)];
    }
    std::int32_t cell_type(std::int64_t cell) const override {
        return cells_[static_cast<std::size_t>(cell)].cell_type;
    }
    std::string name(std::int64_t cell) const override { return std::to_string(cell); }

  private:
    std::vector<TrainingCell> cells_;
};

std::vector<std::int64_t> chromosomes(std::int64_t features, std::uint64_t seed) {
    Rng rng(seed);
    std::vector<std::int64_t> result;
    for (std::int64_t i = 0; i < features; ++i)
        result.push_back(i < kSpecials
                             ? i
                             : kSpecials + static_cast<std::int64_t>(rng.below(std::uint64_t{kChromosomes})));
    return result;
}

struct Bench {
    ModelConfig config;
    SimulatedCells cells;
    std::int64_t batch;
    std::vector<std::int64_t> peak_chromosome, gene_chromosome;

    Bench(const std::string& size, std::int64_t n, std::int64_t per_batch, std::int64_t peaks)
        : config(config_of(size, peaks)),
          cells(n, peaks, 7),
          batch(per_batch),
          peak_chromosome(chromosomes(config.peaks, 1)),
          gene_chromosome(chromosomes(config.genes, 2)) {}

    Network network() const {
        Network network(config, 1);
        network.set_chromosomes(peak_chromosome, gene_chromosome);
        return network;
    }
    double tokens_per_cell() const {
        double tokens = 0;
        for (std::int64_t i = 0; i < cells.size(); ++i)
            tokens += 1.0 + static_cast<double>(cells.open_peaks(i));
        return tokens / static_cast<double>(cells.size());
    }
    // As the trainer draws them.
    std::vector<DrawnCell> drawn(std::int64_t first) const {
        std::vector<DrawnCell> result;
        for (auto i = first; i < std::min(first + batch, cells.size()); ++i)
            result.push_back(draw_cell(cells, i, static_cast<std::size_t>(config.max_peaks - 1), config,
                                       GeneTask::Expressed, static_cast<std::uint64_t>(i)));
        return result;
    }
};

bench::PeerCells peer_cells(const std::vector<DrawnCell>& drawn) {
    bench::PeerCells cells;
    for (const auto& cell : drawn) {
        cells.peaks.push_back({kCls});
        for (const auto peak : cell.peaks) cells.peaks.back().push_back(peak + kSpecials);
        cells.genes.emplace_back();
        for (const auto gene : cell.genes) cells.genes.back().push_back(gene + kSpecials);
        cells.expressed.emplace_back(cell.targets.begin(), cell.targets.end());
        cells.batch.push_back(cell.batch);
    }
    return cells;
}

bench::PeerNetwork::Output infer(const Network& network, const std::vector<DrawnCell>& drawn) {
    std::vector<std::vector<std::int32_t>> peaks;
    std::vector<std::int64_t> genes, cell_of, batch;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        peaks.push_back(drawn[i].peaks);
        for (const auto gene : drawn[i].genes) genes.push_back(gene + kSpecials);
        cell_of.insert(cell_of.end(), drawn[i].genes.size(), static_cast<std::int64_t>(i));
        batch.push_back(drawn[i].batch);
    }
    const auto z = network.embed_cells(pack_cells(peaks));
    return {network.gene_logits(z, {torch::tensor(genes), torch::tensor(cell_of)}, torch::tensor(batch)), z,
            network.cell_type_logits(z)};
}

bench::Layout layout_of(const std::string& name) {
    if (name == "reference") return bench::Layout::Reference;
    if (name == "ref_unpad") return bench::Layout::RefUnpad;
    if (name == "batchmax") return bench::Layout::BatchMax;
    return bench::Layout::Packed;
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Seconds of all cells, after one batch to warm up.
double time_inference(const Bench& bench, const std::string& variant, int repeats) {
    torch::NoGradGuard no_grad;
    const auto network = bench.network();
    const bench::PeerNetwork peer(network, bench.peak_chromosome, bench.gene_chromosome);
    double all = 0;
    const auto once = [&](const std::vector<DrawnCell>& drawn) {
        const auto start = Clock::now();
        const Autocast autocast(variant == "ours_bf16", network.device());
        if (variant.starts_with("ours"))
            infer(network, drawn);
        else
            peer.forward(peer_cells(drawn), layout_of(variant));
        return seconds_since(start);
    };
    auto few = bench.drawn(0);
    few.resize(1);
    once(few);
    for (std::int64_t first = 0; first < bench.cells.size(); first += bench.batch) {
        const auto drawn = bench.drawn(first);
        double best = 1e9;
        for (int i = 0; i < repeats; ++i) best = std::min(best, once(drawn));
        all += best;
    }
    return all;
}

double train_peer(const Bench& bench, const std::string& variant) {
    const auto network = bench.network();
    bench::PeerNetwork peer(network, bench.peak_chromosome, bench.gene_chromosome);
    peer.set_training(true);
    torch::optim::Adam adam(peer.parameters(), torch::optim::AdamOptions(1e-4));
    const auto step = [&](const std::vector<DrawnCell>& drawn) {
        const auto cells = peer_cells(drawn);
        std::vector<std::int64_t> targets;
        for (const auto& cell : cells.expressed) targets.insert(targets.end(), cell.begin(), cell.end());
        adam.zero_grad();
        at::cross_entropy_loss(peer.forward(cells, layout_of(variant)).genes, torch::tensor(targets))
            .backward();
        torch::nn::utils::clip_grad_norm_(peer.parameters(), 100);
        adam.step();
    };
    auto few = bench.drawn(0);
    few.resize(1);
    step(few);
    const auto start = Clock::now();
    for (std::int64_t first = 0; first < bench.cells.size(); first += bench.batch) step(bench.drawn(first));
    return seconds_since(start);
}

struct OurTraining {
    double seconds = 0, waiting = 0;
};

// An epoch of the trainer, reading and drawing of cells included.
OurTraining train_ours(const Bench& bench, bool bf16) {
    TrainSettings settings;
    settings.epochs = 1;
    settings.cells_per_update = static_cast<int>(bench.batch);
    settings.tokens_per_batch = 16384;  // as the preset `small`
    settings.gene_loss = 1;
    settings.precision = bf16 ? Precision::Bf16 : Precision::Float32;
    const SimulatedCells none(0, 1, 1), one(1, bench.config.peaks - kSpecials, 3);
    OurTraining result;
    for (const auto* cells : {&one, &bench.cells}) {
        auto network = bench.network();
        Trainer trainer(network, settings, GeneTask::Expressed, *cells, none, 1);
        const auto start = Clock::now();
        trainer.run(RunContext{}, [] {});
        result = {seconds_since(start), trainer.waiting_share()};
    }
    return result;
}

// The largest difference of any output from that of every peer.
int check_answers() {
    torch::NoGradGuard no_grad;
    double worst = 0;
    const Bench bench("small", 2, 2, 100'000);
    const auto network = bench.network();
    const bench::PeerNetwork peer(network, bench.peak_chromosome, bench.gene_chromosome);
    const auto drawn = bench.drawn(0);
    const auto ours = infer(network, drawn);
    for (const char* variant : {"reference", "ref_unpad", "batchmax", "packed"}) {
        const auto theirs = peer.forward(peer_cells(drawn), layout_of(variant));
        for (const auto& [a, b] : {std::pair(ours.genes, theirs.genes), std::pair(ours.z, theirs.z),
                                   std::pair(ours.cell_types, theirs.cell_types)})
            worst = std::max(worst, (a - b).abs().max().item<double>());
    }
    std::printf("%g\n", worst);
    return worst < 1e-4 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    if (args.size() == 1 && args[0] == "check") return check_answers();
    if (args.size() != 7) {
        std::fputs("usage: bench_train check | infer|train small|paper VARIANT CELLS BATCH THREADS PEAKS\n",
                   stderr);
        return 2;
    }
    const auto number = [&](std::size_t i) { return parse_number<int>(args[i]).value_or(1); };
    at::set_num_threads(number(5));
    const Bench bench(args[1], number(3), number(4), number(6));
    const bool ours = args[2].starts_with("ours");
    OurTraining run;
    if (args[0] == "infer")
        run.seconds = time_inference(bench, args[2], ours || args[2] == "packed" ? 2 : 1);
    else if (ours)
        run = train_ours(bench, args[2] == "ours_bf16");
    else
        run.seconds = train_peer(bench, args[2]);
    rusage use;
    getrusage(RUSAGE_SELF, &use);
    std::printf("{\"seconds\": %.4f, \"cells\": %d, \"mb\": %.0f, \"waiting\": %.4f, \"tokens\": %.0f}\n",
                run.seconds, number(3), static_cast<double>(use.ru_maxrss) / 1024, run.waiting,
                bench.tokens_per_cell());
    return 0;
}
