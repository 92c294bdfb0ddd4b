#pragma once
#include <cstdint>

namespace epi {

// What a fragment [s, e) counts in a peak [ps, pe).
enum class CountingRule {
    Signac,     // 1 if they overlap by at least one base: s < pe and e > ps
    Arc,        // how many of s and e lie in [ps, pe): Cell Ranger ARC's cut sites
    Insertion,  // how many of s and e - 1 lie in [ps, pe)
    Fragment    // 1 if at least one of s and e - 1 does: the paired-insertion rule of SnapATAC2
};

template <CountingRule rule>
std::int32_t counted(std::int32_t s, std::int32_t e, std::int32_t ps, std::int32_t pe) {
    const auto inside = [ps, pe](std::int32_t position) { return position >= ps && position < pe ? 1 : 0; };
    if constexpr (rule == CountingRule::Signac) return s < pe && e > ps ? 1 : 0;
    if constexpr (rule == CountingRule::Arc) return inside(s) + inside(e);
    if constexpr (rule == CountingRule::Insertion) return inside(s) + inside(e - 1);
    if constexpr (rule == CountingRule::Fragment) return inside(s) | inside(e - 1);
}

}  // namespace epi
