#include "baseline/classifiers.hpp"
#include "core/error.hpp"
#include "matrix/neighbours.hpp"

namespace epi {

ClassPredictions predict(const KnnModel& model, const DenseMatrix& cells, int threads) {
    check(model.points.rows == model.labels.size() && model.points.rows > 0, "knn: one label for each point");
    const auto neighbours = nearest_neighbours(cells, model.points, model.k, threads);
    ClassPredictions result;
    result.probability = DenseMatrix(cells.rows, model.classes);
    for (std::size_t cell = 0; cell < cells.rows; ++cell) {
        std::vector<std::size_t> votes(model.classes, 0);
        std::vector<double> distance(model.classes, 0);
        for (std::size_t i = 0; i < neighbours.k; ++i) {
            const auto point = static_cast<std::size_t>(neighbours.of(cell)[i]);
            const auto label = static_cast<std::size_t>(model.labels[point]);
            ++votes[label];
            distance[label] += neighbours.distances_of(cell)[i];
        }
        std::size_t best = 0;
        for (std::size_t c = 0; c < model.classes; ++c) {
            result.probability(cell, c) = static_cast<double>(votes[c]) / static_cast<double>(neighbours.k);
            if (votes[c] > votes[best] || (votes[c] == votes[best] && distance[c] < distance[best])) best = c;
        }
        result.chosen.push_back(static_cast<std::int32_t>(best));
    }
    return result;
}

}  // namespace epi
