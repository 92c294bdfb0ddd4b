#pragma once
#include <cstdint>

namespace epi {

// A bound of Signac's windows around a TSS: it adds the offset to t + 0.5 and truncates toward zero, so a
// bound below 0 is one higher.
inline std::int64_t signac_bound(std::int64_t nominal) {
    return nominal < 0 ? nominal + 1 : nominal;
}

}  // namespace epi
