#include "metrics/clustering.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.hpp"

namespace epi {
namespace {

// How often each pair of labels, and each label, occurs.
struct Contingency {
    std::map<std::pair<std::int32_t, std::int32_t>, double> both;
    std::map<std::int32_t, double> a, b;
    double cells = 0;
};

Contingency contingency(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
    check(a.size() == b.size(), "contingency: two labels for each cell");
    Contingency counts;
    counts.cells = static_cast<double>(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        ++counts.both[{a[i], b[i]}];
        ++counts.a[a[i]];
        ++counts.b[b[i]];
    }
    return counts;
}

double entropy(const std::map<std::int32_t, double>& counts, double cells) {
    double sum = 0;
    for (const auto& [label, count] : counts) sum -= count / cells * std::log(count / cells);
    return sum;
}

double pairs(double count) {
    return count * (count - 1) / 2;
}

}  // namespace

std::vector<std::int32_t> label_codes(std::span<const std::string> labels) {
    std::map<std::string_view, std::int32_t> number;
    for (const auto& label : labels)
        if (!label.empty()) number[label] = 0;
    std::int32_t next = 0;
    for (auto& [label, code] : number) code = next++;
    std::vector<std::int32_t> codes;
    codes.reserve(labels.size());
    for (const auto& label : labels) codes.push_back(label.empty() ? -1 : number.at(label));
    return codes;
}

double normalized_mutual_information(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
    const auto counts = contingency(a, b);
    if (counts.a.size() <= 1 && counts.b.size() <= 1) return 1;
    if (counts.a.size() <= 1 || counts.b.size() <= 1) return 0;
    double information = 0;
    for (const auto& [labels, count] : counts.both) {
        const double expected = counts.a.at(labels.first) / counts.cells * counts.b.at(labels.second);
        information += count / counts.cells * std::log(count / expected);
    }
    const double mean = (entropy(counts.a, counts.cells) + entropy(counts.b, counts.cells)) / 2;
    return std::max(0.0, information) / mean;
}

double adjusted_rand_index(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
    const auto counts = contingency(a, b);
    double together = 0, in_a = 0, in_b = 0;
    for (const auto& [labels, count] : counts.both) together += pairs(count);
    for (const auto& [label, count] : counts.a) in_a += pairs(count);
    for (const auto& [label, count] : counts.b) in_b += pairs(count);
    const double all = pairs(counts.cells);
    const double expected = all > 0 ? in_a * in_b / all : 0;
    const double largest = (in_a + in_b) / 2;
    return largest == expected ? 1 : (together - expected) / (largest - expected);
}

}  // namespace epi
