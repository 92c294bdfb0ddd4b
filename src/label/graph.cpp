#include "label/graph.hpp"

#include <algorithm>

#include "core/parallel.hpp"

namespace epi {

CountMatrix shared_neighbours(const Neighbours& lists, int threads) {
    const auto n = lists.size();
    std::vector<std::vector<std::int32_t>> listed_by(n);  // who has this cell in the list
    for (std::size_t cell = 0; cell < n; ++cell)
        for (const auto neighbour : lists.of(cell))
            listed_by[static_cast<std::size_t>(neighbour)].push_back(static_cast<std::int32_t>(cell));

    std::vector<std::vector<std::int32_t>> partners(n), counts(n);
    parallel_ranges(
        n, threads,
        [&](std::size_t begin, std::size_t end) {
            std::vector<std::int32_t> shared(n, 0);
            for (auto cell = begin; cell < end; ++cell) {
                auto& found = partners[cell];
                for (const auto neighbour : lists.of(cell))
                    for (const auto other : listed_by[static_cast<std::size_t>(neighbour)])
                        if (shared[static_cast<std::size_t>(other)]++ == 0) found.push_back(other);
                std::sort(found.begin(), found.end());
                for (const auto other : found) {
                    counts[cell].push_back(shared[static_cast<std::size_t>(other)]);
                    shared[static_cast<std::size_t>(other)] = 0;
                }
            }
        },
        256);
    CountMatrix result;
    result.cols = static_cast<std::int64_t>(n);
    for (std::size_t cell = 0; cell < n; ++cell) result.add_row(partners[cell], counts[cell]);
    return result;
}

DoubleMatrix snn_graph(const Neighbours& lists, double prune, int threads) {
    const auto shared = shared_neighbours(lists, threads);
    DoubleMatrix result;
    result.cols = shared.cols;
    std::vector<std::int32_t> columns;
    std::vector<double> values;
    for (std::int64_t cell = 0; cell < shared.rows; ++cell) {
        columns.clear();
        values.clear();
        for (std::size_t i = 0; i < shared.row_indices(cell).size(); ++i) {
            const double o = shared.row_values(cell)[i];
            const double value = o / (2 * static_cast<double>(lists.k) - o);
            if (value < prune) continue;
            columns.push_back(shared.row_indices(cell)[i]);
            values.push_back(value);
        }
        result.add_row(columns, values);
    }
    return result;
}

}  // namespace epi
