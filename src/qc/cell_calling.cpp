#include "qc/cell_calling.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace epi {
namespace {

constexpr std::int64_t kMostExpected = 45'000, kRatio = 10;

}  // namespace

CellCall call_cells(std::vector<std::int64_t> fragments) {
    std::sort(fragments.begin(), fragments.end(), std::greater<>());
    const auto barcodes = std::ssize(fragments);
    // At least `least` fragments; the barcodes are sorted from the richest down.
    const auto with_at_least = [&](std::int64_t least) {
        return std::partition_point(fragments.begin(), fragments.end(),
                                    [&](std::int64_t n) { return n >= least; }) -
               fragments.begin();
    };
    CellCall best;
    double least_loss = std::numeric_limits<double>::infinity();
    for (std::int64_t x = 2; x <= std::min(barcodes, kMostExpected); ++x) {
        const auto richest = fragments[static_cast<std::size_t>((x - 1) / 100)];  // 1 % of x are above it
        const auto threshold = std::max(richest / kRatio + 1, kFewestFragmentsOfACell);
        const auto cells = with_at_least(threshold);
        const auto difference = static_cast<double>(cells - x);
        const auto loss = difference * difference / static_cast<double>(x);
        if (cells == 0 || loss >= least_loss) continue;
        least_loss = loss;
        best = {threshold, x, cells};
    }
    return best;
}

}  // namespace epi
