#include "train/schedule.hpp"

#include <cmath>
#include <numbers>

namespace epi {
namespace {

double cosine(double low, double high, double position) {
    return low + (high - low) * (1 + std::cos(std::numbers::pi * position)) / 2;
}

// Cycles of 15, 25, 45, 85, ... epochs, each with 5 epochs of warm-up and a maximum 0.9 times the last one's.
double reference_rate(const TrainSettings& settings, int epoch) {
    constexpr int kFirstCycle = 15, kWarmup = 5, kMultiplier = 2;
    constexpr double kDecay = 0.9;
    int length = kFirstCycle, position = epoch;
    double high = settings.learning_rate;
    while (position >= length) {
        position -= length;
        length = kMultiplier * (length - kWarmup) + kWarmup;
        high *= kDecay;
    }
    const double low = settings.min_learning_rate;
    if (position < kWarmup) return low + (high - low) * position / kWarmup;
    return cosine(low, high, static_cast<double>(position - kWarmup) / (length - kWarmup));
}

}  // namespace

double learning_rate_at(const TrainSettings& settings, std::int64_t update, std::int64_t updates, int epoch) {
    if (settings.schedule == Schedule::Reference) return reference_rate(settings, epoch);
    const double warmup = settings.warmup * static_cast<double>(updates);
    const auto step = static_cast<double>(update);
    if (step < warmup) return settings.learning_rate * (step + 1) / (warmup + 1);
    return cosine(settings.min_learning_rate, settings.learning_rate,
                  (step - warmup) / std::max(1.0, static_cast<double>(updates) - warmup));
}

}  // namespace epi
