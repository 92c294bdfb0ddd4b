#include "label/typing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "core/error.hpp"
#include "metrics/expression.hpp"

namespace epi {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

TypeCall call(std::span<const double> correlation, const std::vector<std::string>& types) {
    std::vector<std::size_t> order(correlation.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return correlation[a] > correlation[b]; });
    TypeCall result;
    const auto defined = [&](std::size_t place) {
        return order.size() > place && correlation[order[place]] > kNone;
    };
    if (defined(0)) {
        result.type = types[order[0]];
        result.score = correlation[order[0]];
    }
    if (defined(1)) {
        result.runner_up = types[order[1]];
        result.runner_up_score = correlation[order[1]];
    }
    return result;
}

}  // namespace

DenseMatrix group_means(const DoubleMatrix& lognorm, std::span<const std::int32_t> group,
                        std::int32_t groups) {
    check(group.size() == static_cast<std::size_t>(lognorm.rows), "group_means: one group per cell");
    DenseMatrix means(static_cast<std::size_t>(groups), static_cast<std::size_t>(lognorm.cols));
    std::vector<double> size(means.rows);
    for (std::int64_t cell = 0; cell < lognorm.rows; ++cell) {
        if (group[static_cast<std::size_t>(cell)] < 0) continue;
        const auto g = static_cast<std::size_t>(group[static_cast<std::size_t>(cell)]);
        size[g] += 1;
        const auto genes = lognorm.row_indices(cell);
        for (std::size_t i = 0; i < genes.size(); ++i)
            means(g, static_cast<std::size_t>(genes[i])) += std::expm1(lognorm.row_values(cell)[i]);
    }
    for (std::size_t g = 0; g < means.rows; ++g)
        for (auto& value : means.row(g)) value = size[g] > 0 ? value / size[g] : 0;
    return means;
}

std::vector<std::size_t> reference_genes(const DenseMatrix& profiles, std::size_t most) {
    std::vector<double> variance(profiles.cols);
    const auto n = static_cast<double>(profiles.rows);
    for (std::size_t gene = 0; gene < profiles.cols && profiles.rows > 1; ++gene) {
        double sum = 0;
        for (std::size_t type = 0; type < profiles.rows; ++type) sum += profiles(type, gene);
        for (std::size_t type = 0; type < profiles.rows; ++type) {
            const double apart = profiles(type, gene) - sum / n;
            variance[gene] += apart * apart / (n - 1);
        }
    }
    std::vector<std::size_t> genes(profiles.cols);
    std::iota(genes.begin(), genes.end(), std::size_t{0});
    std::stable_sort(genes.begin(), genes.end(),
                     [&](std::size_t a, std::size_t b) { return variance[a] > variance[b]; });
    if (genes.size() > most) genes.resize(most);
    return genes;
}

Typing name_groups(const DenseMatrix& means, const std::vector<std::string>& genes,
                   const TypeReference& reference, std::size_t most) {
    std::unordered_map<std::string, std::size_t> column;
    for (std::size_t i = 0; i < genes.size(); ++i) column.emplace(genes[i], i);
    std::vector<std::size_t> ours, theirs;  // columns of the shared genes, in the order of the reference
    for (std::size_t i = 0; i < reference.genes.size(); ++i)
        if (const auto found = column.find(reference.genes[i]); found != column.end()) {
            ours.push_back(found->second);
            theirs.push_back(i);
        }
    DenseMatrix shared(reference.types.size(), theirs.size());
    for (std::size_t type = 0; type < shared.rows; ++type)
        for (std::size_t i = 0; i < theirs.size(); ++i) shared(type, i) = reference.profiles(type, theirs[i]);
    const auto chosen = reference_genes(shared, most);

    Typing result;
    result.shared_genes = ours.size();
    result.used_genes = chosen.size();
    result.correlation = DenseMatrix(means.rows, shared.rows);
    std::vector<double> mine(chosen.size()), known(chosen.size());
    for (std::size_t group = 0; group < means.rows; ++group) {
        for (std::size_t i = 0; i < chosen.size(); ++i) mine[i] = means(group, ours[chosen[i]]);
        for (std::size_t type = 0; type < shared.rows; ++type) {
            for (std::size_t i = 0; i < chosen.size(); ++i) known[i] = shared(type, chosen[i]);
            const double rho = spearman(mine, known);
            result.correlation(group, type) = std::isnan(rho) ? kNone : rho;
        }
        result.calls.push_back(call(result.correlation.row(group), reference.types));
    }
    return result;
}

}  // namespace epi
