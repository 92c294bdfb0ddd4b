#include "store/gene_mapping.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"

namespace epi {
namespace {

using Places = std::unordered_map<std::string, std::int32_t>;

// "ENSG00000243485.5" -> "ENSG00000243485"; other ids stay.
std::string without_version(const std::string& id) {
    const auto dot = id.rfind('.');
    const bool versioned = id.starts_with("ENS") && dot != std::string::npos && dot + 1 < id.size() &&
                           id.find_first_not_of("0123456789", dot + 1) == std::string::npos;
    return versioned ? id.substr(0, dot) : id;
}

std::int32_t find_place(const Places& places, const std::string& key) {
    const auto found = places.find(key);
    return found == places.end() ? -1 : found->second;
}

}  // namespace

GeneMapping map_features_to_genes(const std::vector<Feature>& features, const GeneTable& genes) {
    Places by_id, by_bare_id, by_name;
    const auto unique_names = genes.unique_names();
    for (std::size_t i = 0; i < genes.size(); ++i) {
        const auto place = static_cast<std::int32_t>(i);
        by_id.emplace(genes.genes[i].id, place);
        by_bare_id.emplace(without_version(genes.genes[i].id), place);
        by_name.emplace(unique_names[i], place);
    }
    GeneMapping mapping;
    mapping.gene_of_feature.assign(features.size(), -1);
    std::vector<bool> reached(genes.size(), false);
    for (std::size_t i = 0; i < features.size(); ++i) {
        auto gene = find_place(by_id, features[i].id);
        if (gene < 0) gene = find_place(by_bare_id, without_version(features[i].id));
        if (gene < 0) continue;
        mapping.gene_of_feature[i] = gene;
        reached[static_cast<std::size_t>(gene)] = true;
        ++mapping.by_id;
    }
    const auto reached_by_id = reached;
    for (std::size_t i = 0; i < features.size(); ++i) {
        if (mapping.gene_of_feature[i] >= 0) continue;
        const auto gene = find_place(by_name, features[i].name);
        if (gene < 0 || reached_by_id[static_cast<std::size_t>(gene)]) continue;
        mapping.gene_of_feature[i] = gene;
        reached[static_cast<std::size_t>(gene)] = true;
        ++mapping.by_name;
    }
    mapping.genes_without = static_cast<std::size_t>(std::count(reached.begin(), reached.end(), false));
    return mapping;
}

GeneTable genes_of_features(const std::vector<Feature>& features) {
    GeneTable table;
    for (const auto& feature : features) {
        Gene gene;
        gene.id = feature.id;
        gene.name = feature.name;
        gene.strand = '*';
        const auto colon = feature.interval.rfind(':');
        const auto dash = feature.interval.rfind('-');
        if (colon != std::string::npos && dash != std::string::npos && dash > colon) {
            const auto start =
                parse_number<std::int64_t>(feature.interval.substr(colon + 1, dash - colon - 1));
            const auto end = parse_number<std::int64_t>(feature.interval.substr(dash + 1));
            if (start && end) {
                gene.chrom = feature.interval.substr(0, colon);
                gene.start = *start;
                gene.end = *end;
            }
        }
        table.genes.push_back(std::move(gene));
    }
    return table;
}

DataFrame var_of_genes(const GeneTable& genes) {
    DataFrame var;
    var.index = genes.unique_names();
    std::vector<std::string> ids, chroms, strands, types;
    std::vector<std::int64_t> starts, ends;
    for (const auto& gene : genes.genes) {
        ids.push_back(gene.id);
        chroms.push_back(gene.chrom);
        strands.emplace_back(1, gene.strand);
        types.push_back(gene.type);
        starts.push_back(gene.start);
        ends.push_back(gene.end);
    }
    var.set("gene_ids", std::move(ids));
    var.set("chromosome", make_categorical(chroms));
    var.set("start", std::move(starts));
    var.set("end", std::move(ends));
    var.set("strand", make_categorical(strands));
    var.set("gene_type", make_categorical(types));
    return var;
}

GeneTable genes_of_var(const DataFrame& var, std::string_view place) {
    const auto texts = [&](std::string_view name) {
        return var.find(name) != nullptr ? var.text(name, place) : std::vector<std::string>(var.size());
    };
    const auto numbers = [&](std::string_view name) {
        return var.find(name) != nullptr ? var.numbers(name, place) : std::vector<double>(var.size());
    };
    const auto ids = texts("gene_ids"), chroms = texts("chromosome"), strands = texts("strand"),
               types = texts("gene_type");
    const auto starts = numbers("start"), ends = numbers("end");
    GeneTable table;
    for (std::size_t i = 0; i < var.size(); ++i) {
        Gene gene;
        gene.id = ids[i].empty() ? var.index[i] : ids[i];
        gene.name = var.index[i];
        gene.chrom = chroms[i];
        gene.start = static_cast<std::int64_t>(starts[i]);
        gene.end = static_cast<std::int64_t>(ends[i]);
        gene.strand = strands[i].empty() ? '*' : strands[i][0];
        gene.type = types[i];
        table.has_types = table.has_types || !gene.type.empty();
        table.genes.push_back(std::move(gene));
    }
    return table;
}

}  // namespace epi
