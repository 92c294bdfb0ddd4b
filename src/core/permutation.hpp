#pragma once
#include <cstdint>

namespace epi {

// The numbers 0 .. n-1 in an order that looks random, without a list of them: a Feistel network of eight
// rounds on the next power of four, walked until the number is below n (Black and Rogaway, "Ciphers with
// arbitrary finite domains", 2002). The same for the same seed on every machine.
class Permutation {
  public:
    Permutation(std::int64_t n, std::uint64_t seed);

    // The number at place `i`, 0 <= i < n.
    std::int64_t operator()(std::int64_t i) const;

  private:
    std::uint64_t n_, seed_;
    int half_bits_ = 1;
};

}  // namespace epi
