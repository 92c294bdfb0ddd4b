#include "core/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/error.hpp"

namespace epi {
namespace {

std::uint64_t splitmix(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

// Poisson by inversion of its terms, for means small enough that exp(-mean) is a normal number.
std::uint64_t small_poisson(Rng& rng, double mean) {
    const double limit = std::exp(-mean);
    std::uint64_t n = 0;
    for (double product = rng.uniform(); product > limit; product *= rng.uniform()) ++n;
    return n;
}

}  // namespace

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    std::uint64_t state = a ^ std::rotl(b * 0xD6E8FEB86659FD93ULL, 32);
    return splitmix(state);
}

std::uint64_t hash_text(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return mix(hash, text.size());
}

Rng::Rng(std::uint64_t seed, std::uint64_t stream) : words_{} {
    std::uint64_t state = mix(seed, stream);
    for (auto& word : words_) word = splitmix(state);
}

Rng::result_type Rng::operator()() {
    const std::uint64_t result = std::rotl(words_[0] + words_[3], 23) + words_[0];
    const std::uint64_t t = words_[1] << 17;
    words_[2] ^= words_[0];
    words_[3] ^= words_[1];
    words_[1] ^= words_[2];
    words_[0] ^= words_[3];
    words_[2] ^= t;
    words_[3] = std::rotl(words_[3], 45);
    return result;
}

double Rng::uniform() {
    return static_cast<double>((*this)() >> 11) * 0x1.0p-53;
}

double Rng::uniform(double low, double high) {
    return low + (high - low) * uniform();
}

std::uint64_t Rng::below(std::uint64_t n) {
    check(n > 0, "Rng::below(0)");
    const std::uint64_t threshold = -n % n;
    std::uint64_t draw = (*this)();
    while (draw < threshold) draw = (*this)();
    return draw % n;
}

double Rng::normal() {
    // Marsaglia's polar method; the second value is dropped so that the state stays four words.
    double u, v, s;
    do {
        u = uniform(-1, 1);
        v = uniform(-1, 1);
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * std::sqrt(-2 * std::log(s) / s);
}

double Rng::gamma(double shape, double scale) {
    // Marsaglia and Tsang (2000); shapes below one by the usual power of a uniform.
    if (shape < 1) return gamma(shape + 1, scale) * std::pow(uniform(), 1 / shape);
    const double d = shape - 1.0 / 3.0;
    const double c = 1 / std::sqrt(9 * d);
    for (;;) {
        const double x = normal();
        const double v = std::pow(1 + c * x, 3);
        if (v > 0 && std::log(1 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v))
            return d * v * scale;
    }
}

std::uint64_t Rng::poisson(double mean) {
    // A large mean is a sum of small ones: exact, and fast enough for means of some thousands.
    std::uint64_t n = 0;
    for (; mean > 32; mean -= 32) n += small_poisson(*this, 32);
    return mean > 0 ? n + small_poisson(*this, mean) : n;
}

std::vector<std::uint64_t> Rng::state() const {
    return {words_, words_ + 4};
}

void Rng::set_state(const std::vector<std::uint64_t>& words) {
    check(words.size() == 4, "a generator's state has four words");
    std::copy(words.begin(), words.end(), words_);
}

WeightedChoice::WeightedChoice(const std::vector<double>& weights) {
    double sum = 0;
    for (const double weight : weights) {
        check(weight >= 0 && std::isfinite(weight), "weights are finite and not negative");
        cumulative_.push_back(sum += weight);
    }
    check(sum > 0, "at least one weight is positive");
}

std::size_t WeightedChoice::operator()(Rng& rng) const {
    const double draw = rng.uniform() * cumulative_.back();
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), draw);
    return std::min<std::size_t>(static_cast<std::size_t>(found - cumulative_.begin()),
                                 cumulative_.size() - 1);
}

}  // namespace epi
