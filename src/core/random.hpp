#pragma once
#include <cstdint>
#include <numeric>
#include <string_view>
#include <vector>

namespace epi {

// A 64-bit mix of two numbers; the way to derive an independent stream, e.g. mix(seed, cell index).
std::uint64_t mix(std::uint64_t a, std::uint64_t b);
// A 64-bit hash of text (FNV-1a, then mixed), the same on every machine; e.g. mix(seed, hash_text(barcode)).
std::uint64_t hash_text(std::string_view text);

// A generator with the same numbers on every machine (xoshiro256++, seeded by SplitMix64), and distributions
// written out here because the standard library's differ between implementations. Cheap to make: one per
// cell, not one per program, so that results do not depend on the number of threads. Satisfies
// UniformRandomBitGenerator.
class Rng {
  public:
    using result_type = std::uint64_t;
    explicit Rng(std::uint64_t seed, std::uint64_t stream = 0);

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }
    result_type operator()();

    double uniform();                          // [0, 1)
    double uniform(double low, double high);   // [low, high)
    std::uint64_t below(std::uint64_t n);      // 0 .. n-1, unbiased; n > 0
    double normal();                           // mean 0, sd 1
    double gamma(double shape, double scale);  // shape, scale > 0
    std::uint64_t poisson(double mean);        // mean >= 0
    bool chance(double probability) { return uniform() < probability; }

    template <class T>
    void shuffle(std::vector<T>& values) {  // Fisher-Yates
        for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
    }

    // The four words of state, to store in a checkpoint.
    std::vector<std::uint64_t> state() const;
    void set_state(const std::vector<std::uint64_t>& words);

  private:
    std::uint64_t words_[4];
};

// Draws indices with probability proportional to their weights, in O(log n).
class WeightedChoice {
  public:
    explicit WeightedChoice(const std::vector<double>& weights);  // at least one weight > 0, none negative
    std::size_t operator()(Rng& rng) const;

  private:
    std::vector<double> cumulative_;
};

}  // namespace epi
