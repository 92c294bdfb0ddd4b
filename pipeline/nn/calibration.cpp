#include "pipeline/nn/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "core/random.hpp"
#include "train/batch.hpp"

namespace epi {
namespace {

constexpr std::int64_t kFewestCells = 20;
constexpr double kLostGoodCells = 0.05, kPoorestCells = 0.01;

// The value that a share of the values is below (the lower of two neighbours).
double quantile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

// The quantile of kPoorestCells, of which there may be many: counted by number of peaks.
std::int64_t fewest_open_peaks(const CellSource& cells) {
    std::map<std::int64_t, std::int64_t> cells_with;
    for (std::int64_t i = 0; i < cells.size(); ++i) ++cells_with[cells.open_peaks(i)];
    auto left = static_cast<std::int64_t>(kPoorestCells * static_cast<double>(cells.size() - 1));
    for (const auto& [peaks, count] : cells_with)
        if ((left -= count) < 0) return peaks;
    return 0;
}

struct Scored {
    torch::Tensor logits, labels;
};

Scored score(const Network& network, const CellSource& cells, std::uint64_t seed, const RunContext& context) {
    std::vector<torch::Tensor> logits;
    std::vector<std::int64_t> labels;
    const auto most = static_cast<std::size_t>(network.config().max_peaks - 1);
    for (std::int64_t i = 0; i < cells.size(); ++i) {
        context.check_stop();
        if (cells.cell_type(i) < 0) continue;
        const auto cell = draw_cell(cells, i, most, network.config(), GeneTask::Expressed,
                                    mix(seed, static_cast<std::uint64_t>(i)));
        auto packed = pack_cells(std::span(&cell.peaks, 1));
        packed.tokens = packed.tokens.to(network.device());
        logits.push_back(network.cell_type_logits(network.embed_cells(packed)).cpu());
        labels.push_back(cell.cell_type);
    }
    if (logits.empty()) return {};
    return {torch::cat(logits).to(torch::kFloat64), torch::tensor(labels, torch::kInt64)};
}

}  // namespace

double fit_temperature(const torch::Tensor& logits, const torch::Tensor& labels) {
    torch::NoGradGuard no_grad;
    const auto loss = [&](double log_temperature) {
        return at::cross_entropy_loss(logits / std::exp(log_temperature), labels).item<double>();
    };
    // Convex in 1 / temperature, so one valley: golden section on its logarithm.
    constexpr double kRatio = 1 / std::numbers::phi;
    double low = std::log(0.05), high = std::log(20.0);
    double a = high - kRatio * (high - low), b = low + kRatio * (high - low);
    double loss_a = loss(a), loss_b = loss(b);
    while (high - low > 1e-4) {
        if (loss_a < loss_b) {
            high = b;
            b = std::exchange(a, b - kRatio * (b - low));
            loss_b = std::exchange(loss_a, loss(a));
        } else {
            low = a;
            a = std::exchange(b, a + kRatio * (high - a));
            loss_a = std::exchange(loss_b, loss(b));
        }
    }
    return std::exp((low + high) / 2);
}

Calibration fit_calibration(const Network& network, const CellSource& training, const CellSource& validation,
                            std::uint64_t seed, const RunContext& context) {
    torch::NoGradGuard no_grad;
    Calibration result;
    result.min_open_peaks = fewest_open_peaks(training) / 2;
    const auto [logits, labels] = score(network, validation, seed, context);
    if (!logits.defined() || logits.size(0) < kFewestCells) {
        context.warn(
            "fewer than 20 labelled validation cells: confidences are not calibrated, no threshold is set");
        return result;
    }
    result.temperature = fit_temperature(logits, labels);
    const auto [confidence, predicted] = at::softmax(logits / result.temperature, 1).max(1);
    std::vector<double> of_right;
    for (std::int64_t i = 0; i < labels.size(0); ++i)
        if (predicted[i].item<std::int64_t>() == labels[i].item<std::int64_t>())
            of_right.push_back(confidence[i].item<double>());
    if (!of_right.empty()) result.unassigned_below = quantile(of_right, kLostGoodCells);
    return result;
}

}  // namespace epi
