#include "label/louvain.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/error.hpp"

namespace epi {
namespace {

// The linear congruential generator of java.util.Random (Knuth, TAOCP 2, 3.2.1).
class JavaRandom {
  public:
    explicit JavaRandom(std::uint64_t seed) : state_((seed ^ kMultiplier) & kMask) {}

    std::int32_t below(std::int32_t n) {
        const auto bound = static_cast<std::int64_t>(n);
        auto draw = next();
        if ((bound & (bound - 1)) == 0) return static_cast<std::int32_t>((bound * draw) >> 31);
        auto result = draw % bound;
        while (draw - result + bound - 1 >= (std::int64_t{1} << 31)) {
            draw = next();
            result = draw % bound;
        }
        return static_cast<std::int32_t>(result);
    }

    // Each element swapped with any: not uniform, but the order that is wanted.
    std::vector<std::int32_t> permutation(std::int32_t n) {
        std::vector<std::int32_t> result(static_cast<std::size_t>(n));
        std::iota(result.begin(), result.end(), 0);
        for (std::int32_t i = 0; i < n; ++i)
            std::swap(result[static_cast<std::size_t>(i)], result[static_cast<std::size_t>(below(n))]);
        return result;
    }

  private:
    static constexpr std::uint64_t kMultiplier = 0x5DEECE66D, kMask = (1ULL << 48) - 1;
    std::int64_t next() {  // 31 bits
        state_ = (state_ * kMultiplier + 0xB) & kMask;
        return static_cast<std::int64_t>(state_ >> 17);
    }
    std::uint64_t state_;
};

using Labels = std::vector<std::int32_t>;

// Sums are added one after the other in a fixed order throughout, as equal gains are decided by equality.
struct Network {
    DoubleMatrix edges;               // without self-links; of each node in its own order
    std::vector<double> node_weight;  // sum of its edges, those inside of it included
    double inside = 0;                // weight of the links within nodes

    std::int32_t size() const { return static_cast<std::int32_t>(node_weight.size()); }
    double edge_total() const { return std::accumulate(edges.values.begin(), edges.values.end(), 0.0); }
};

Network network_of(const DoubleMatrix& graph) {
    Network result;
    result.edges.cols = graph.cols;
    std::vector<std::int32_t> columns;
    std::vector<double> values;
    for (std::int64_t row = 0; row < graph.rows; ++row) {
        columns.clear();
        values.clear();
        for (std::size_t i = 0; i < graph.row_indices(row).size(); ++i) {
            if (graph.row_indices(row)[i] == row) continue;
            columns.push_back(graph.row_indices(row)[i]);
            values.push_back(graph.row_values(row)[i]);
        }
        result.edges.add_row(columns, values);
        result.node_weight.push_back(std::accumulate(values.begin(), values.end(), 0.0));
    }
    return result;
}

// Makes labels 0 .. count-1 without gaps, in ascending order of what they were.
std::int32_t renumber(Labels& labels) {
    Labels new_label(labels.size(), -1);
    for (const auto label : labels) new_label[static_cast<std::size_t>(label)] = 0;
    std::int32_t count = 0;
    for (auto& label : new_label)
        if (label == 0) label = count++;
    for (auto& label : labels) label = new_label[static_cast<std::size_t>(label)];
    return count;
}

// Weights of edges to clusters, listed in order of first appearance.
class ClusterEdges {
  public:
    explicit ClusterEdges(std::size_t clusters) : weight_(clusters) {}

    void add(std::int32_t cluster, double weight) {
        if (weight_[static_cast<std::size_t>(cluster)] == 0) listed_.push_back(cluster);
        weight_[static_cast<std::size_t>(cluster)] += weight;
    }
    const Labels& listed() const { return listed_; }
    double weight(std::int32_t cluster) const { return weight_[static_cast<std::size_t>(cluster)]; }
    void clear() {
        for (const auto cluster : listed_) weight_[static_cast<std::size_t>(cluster)] = 0;
        listed_.clear();
    }

  private:
    std::vector<double> weight_;
    Labels listed_;
};

class LocalMoving {
  public:
    LocalMoving(const Network& network, Labels& labels, double resolution)
        : network_(network),
          labels_(labels),
          resolution_(resolution),
          weight_(labels.size()),
          members_(labels.size()),
          edges_(labels.size()) {
        for (std::size_t node = 0; node < labels.size(); ++node) {
            weight_[static_cast<std::size_t>(labels[node])] += network.node_weight[node];
            ++members_[static_cast<std::size_t>(labels[node])];
        }
        for (std::size_t cluster = 0; cluster < members_.size(); ++cluster)
            if (members_[cluster] == 0) unused_.push_back(static_cast<std::int32_t>(cluster));
    }

    // Moves nodes until a whole round changes nothing. True if any moved.
    bool run(JavaRandom& random) {
        const auto n = network_.size();
        if (n <= 1) return false;
        const auto order = random.permutation(n);
        bool changed = false;
        std::int32_t unmoved = 0;
        for (std::size_t i = 0; unmoved < n; i = i + 1 < order.size() ? i + 1 : 0) {
            if (move(static_cast<std::size_t>(order[i]))) {
                changed = true;
                unmoved = 1;
            } else {
                ++unmoved;
            }
        }
        renumber(labels_);
        return changed;
    }

  private:
    bool move(std::size_t node) {
        const auto neighbours = network_.edges.row_indices(static_cast<std::int64_t>(node));
        const auto weights = network_.edges.row_values(static_cast<std::int64_t>(node));
        edges_.clear();
        for (std::size_t i = 0; i < neighbours.size(); ++i)
            edges_.add(labels_[static_cast<std::size_t>(neighbours[i])], weights[i]);
        const auto old = labels_[node];
        weight_[static_cast<std::size_t>(old)] -= network_.node_weight[node];
        if (--members_[static_cast<std::size_t>(old)] == 0) unused_.push_back(old);
        const auto best = best_cluster(network_.node_weight[node]);
        weight_[static_cast<std::size_t>(best)] += network_.node_weight[node];
        ++members_[static_cast<std::size_t>(best)];
        labels_[node] = best;
        return best != old;
    }

    std::int32_t best_cluster(double node_weight) {
        std::int32_t best = -1;
        double best_gain = 0;
        for (const auto cluster : edges_.listed()) {
            const double gain = edges_.weight(cluster) -
                                node_weight * weight_[static_cast<std::size_t>(cluster)] * resolution_;
            if (gain > best_gain || (gain == best_gain && cluster < best)) {
                best = cluster;
                best_gain = gain;
            }
        }
        if (best_gain > 0) return best;
        best = unused_.back();
        unused_.pop_back();
        return best;
    }

    const Network& network_;
    Labels& labels_;
    double resolution_;
    std::vector<double> weight_;
    std::vector<std::int32_t> members_;
    ClusterEdges edges_;
    Labels unused_;  // a stack of cluster numbers without members
};

// Each cluster becomes one node.
Network reduce(const Network& network, const Labels& labels, std::int32_t clusters) {
    std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(clusters));
    for (std::size_t node = 0; node < labels.size(); ++node)
        members[static_cast<std::size_t>(labels[node])].push_back(static_cast<std::int64_t>(node));
    Network result;
    result.edges.cols = clusters;
    result.inside = network.inside;
    result.node_weight.resize(static_cast<std::size_t>(clusters));
    ClusterEdges edges(static_cast<std::size_t>(clusters));
    std::vector<double> weights;
    for (std::size_t cluster = 0; cluster < members.size(); ++cluster) {
        edges.clear();
        for (const auto node : members[cluster]) {
            result.node_weight[cluster] += network.node_weight[static_cast<std::size_t>(node)];
            const auto neighbours = network.edges.row_indices(node);
            for (std::size_t i = 0; i < neighbours.size(); ++i) {
                const auto other = labels[static_cast<std::size_t>(neighbours[i])];
                const double weight = network.edges.row_values(node)[i];
                if (static_cast<std::size_t>(other) == cluster) {
                    result.inside += weight;
                } else {
                    edges.add(other, weight);
                }
            }
        }
        weights.clear();
        for (const auto other : edges.listed()) weights.push_back(edges.weight(other));
        result.edges.add_row(edges.listed(), weights);
    }
    return result;
}

Labels singletons(std::int32_t n) {
    Labels labels(static_cast<std::size_t>(n));
    std::iota(labels.begin(), labels.end(), 0);
    return labels;
}

std::int32_t count_of(const Labels& labels) {
    return labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end()) + 1;
}

bool louvain_pass(const Network& network, Labels& labels, double resolution, JavaRandom& random) {
    if (network.size() <= 1) return false;
    bool changed = LocalMoving(network, labels, resolution).run(random);
    const auto clusters = count_of(labels);
    if (clusters < network.size()) {
        auto merged = singletons(clusters);
        if (louvain_pass(reduce(network, labels, clusters), merged, resolution, random)) {
            changed = true;
            for (auto& label : labels) label = merged[static_cast<std::size_t>(label)];
        }
    }
    return changed;
}

double quality_of(const Network& network, const Labels& labels, double resolution) {
    double quality = 0;
    std::vector<double> weight(labels.size());
    for (std::size_t node = 0; node < labels.size(); ++node) {
        const auto neighbours = network.edges.row_indices(static_cast<std::int64_t>(node));
        const auto values = network.edges.row_values(static_cast<std::int64_t>(node));
        for (std::size_t i = 0; i < neighbours.size(); ++i)
            if (labels[static_cast<std::size_t>(neighbours[i])] == labels[node]) quality += values[i];
        weight[static_cast<std::size_t>(labels[node])] += network.node_weight[node];
    }
    quality += network.inside;
    for (const double w : weight) quality -= w * w * resolution;
    return quality / (network.edge_total() + network.inside);
}

// Labels in the order of cluster sizes, largest first, ties as they were.
void order_by_size(Labels& labels) {
    std::vector<std::int32_t> size(static_cast<std::size_t>(count_of(labels)));
    for (const auto label : labels) ++size[static_cast<std::size_t>(label)];
    auto order = singletons(static_cast<std::int32_t>(size.size()));
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        return size[static_cast<std::size_t>(a)] > size[static_cast<std::size_t>(b)];
    });
    Labels place(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        place[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
    for (auto& label : labels) label = place[static_cast<std::size_t>(label)];
}

// Which of `tied` equal candidates R's sample() takes right after set.seed(1), from 0.
std::size_t tie_choice(std::size_t tied) {
    constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kChoices{
        {{8, 0}, {16, 8}, {24, 3}, {32, 24}, {56, 3}, {64, 56}}};
    for (const auto& [up_to, choice] : kChoices)
        if (tied <= up_to) return choice;
    return 0;
}

// Clusters of one cell join, one after the other, the cluster with the largest mean edge to it.
void merge_singletons(const DoubleMatrix& graph, Labels& labels) {
    std::vector<std::vector<std::size_t>> members(static_cast<std::size_t>(count_of(labels)));
    for (std::size_t cell = 0; cell < labels.size(); ++cell)
        members[static_cast<std::size_t>(labels[cell])].push_back(cell);
    Labels hosts;  // in order of first appearance
    std::vector<std::size_t> lonely;
    std::vector<bool> seen(members.size());
    for (std::size_t cell = 0; cell < labels.size(); ++cell) {
        const auto label = static_cast<std::size_t>(labels[cell]);
        if (members[label].size() == 1) lonely.push_back(cell);
        if (members[label].size() > 1 && !seen[label]) hosts.push_back(labels[cell]);
        seen[label] = true;
    }
    if (hosts.empty()) return;
    for (const auto cell : lonely) {
        std::vector<double> sums(members.size());
        const auto neighbours = graph.row_indices(static_cast<std::int64_t>(cell));
        for (std::size_t i = 0; i < neighbours.size(); ++i)
            sums[static_cast<std::size_t>(labels[static_cast<std::size_t>(neighbours[i])])] +=
                graph.row_values(static_cast<std::int64_t>(cell))[i];
        double best = -1;
        Labels tied;
        for (const auto host : hosts) {
            const auto h = static_cast<std::size_t>(host);
            const double mean = sums[h] / static_cast<double>(members[h].size());
            if (mean > best) tied.clear();
            if (mean >= best) tied.push_back(host);
            best = std::max(best, mean);
        }
        labels[cell] = tied[tie_choice(tied.size())];
        members[static_cast<std::size_t>(labels[cell])].push_back(cell);
    }
    renumber(labels);
}

}  // namespace

Clustering louvain(const DoubleMatrix& graph, const LouvainOptions& options) {
    check(graph.rows == graph.cols, "louvain: a square matrix");
    Clustering best;
    if (graph.rows == 0) return best;
    const auto network = network_of(graph);
    const double total = network.edge_total();
    if (total == 0) {  // nothing connects any two cells
        best.cluster = singletons(network.size());
        best.clusters = network.size();
        return best;
    }
    const double resolution = options.resolution / total;
    JavaRandom random(options.seed);
    bool first = true;
    for (int start = 0; start < options.starts; ++start) {
        auto labels = singletons(network.size());
        for (int i = 0; i < options.iterations; ++i)
            if (!louvain_pass(network, labels, resolution, random)) break;
        const double quality = quality_of(network, labels, resolution);
        if (first || quality > best.modularity) {
            best.cluster = std::move(labels);
            best.modularity = quality;
        }
        first = false;
    }
    order_by_size(best.cluster);
    if (options.merge_singletons) merge_singletons(graph, best.cluster);
    best.clusters = count_of(best.cluster);
    return best;
}

}  // namespace epi
