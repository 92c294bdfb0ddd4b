#include "metrics/ranks.hpp"

#include <algorithm>
#include <numeric>

namespace epi {

std::vector<double> average_ranks(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return values[a] != values[b] ? values[a] < values[b] : a < b; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0, last = 0; first < order.size(); first = last) {
        while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
        const double rank = (static_cast<double>(first + 1) + static_cast<double>(last)) / 2;
        for (auto i = first; i < last; ++i) ranks[order[i]] = rank;
    }
    return ranks;
}

}  // namespace epi
