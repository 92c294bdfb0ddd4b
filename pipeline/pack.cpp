#include "pipeline/pack.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "genome/interval.hpp"
#include "io/atomic_output.hpp"
#include "io/cell_list.hpp"
#include "io/provenance.hpp"
#include "io/table.hpp"
#include "store/feature_counts.hpp"
#include "store/gene_mapping.hpp"

namespace epi {
namespace {

using Rows = std::vector<std::int64_t>;
using RowIndex = std::unordered_map<std::string_view, std::int64_t>;

RowIndex index_of(const std::vector<std::string>& names) {
    RowIndex index;
    for (std::size_t i = 0; i < names.size(); ++i) index.emplace(names[i], static_cast<std::int64_t>(i));
    return index;
}

[[noreturn]] void no_overlap(const std::filesystem::path& a, const std::string& first_a,
                             const std::filesystem::path& b, const std::string& first_b) {
    throw InputError(
        a.string(),
        "has no barcode in common with " + b.string() + " ('" + first_a + "' here, '" + first_b + "' there)",
        "give files of the same sample, with the barcodes written the same way");
}

AnnData read_rna(const std::filesystem::path& path) {
    auto rna = read_h5ad(path);
    if (!is_counts(rna.x))
        throw InputError(path.string(), "X does not hold counts (whole numbers from 0)",
                         "make it with `epifoundry genes`");
    if (index_of(rna.obs.index).size() != rna.obs.size())
        throw InputError(path.string(), "has a barcode twice", "make the barcodes unique");
    if (rna.obs.size() == 0) throw InputError(path.string(), "has no cell", "give a matrix with cells");
    return rna;
}

// The rows of the ATAC matrix to pack, ascending.
Rows choose_rows(const PackOptions& options, const FeatureCounts& atac, const std::optional<AnnData>& rna,
                 const RunContext& context) {
    Rows rows(atac.barcodes.size());
    std::iota(rows.begin(), rows.end(), 0);
    const auto keep_those_in = [&](const std::vector<std::string>& names, const std::filesystem::path& path) {
        const auto index = index_of(names);
        std::erase_if(rows, [&](std::int64_t row) { return !index.contains(atac.barcodes[row]); });
        if (rows.empty()) no_overlap(options.atac, atac.barcodes.front(), path, names.front());
    };
    if (!options.cells.empty()) {
        const auto names = read_cell_list(options.cells);
        keep_those_in(names, options.cells);
        if (rows.size() < names.size())
            context.warn(with_commas(static_cast<std::int64_t>(names.size() - rows.size())) +
                         " of the cells in " + options.cells.string() + " are not in " +
                         options.atac.string());
    }
    if (rna) {
        const auto before = rows.size();
        keep_those_in(rna->obs.index, options.rna);
        if (rows.size() < before)
            context.warn(with_commas(static_cast<std::int64_t>(before - rows.size())) +
                         " cells have no RNA and are left out");
    }
    return rows;
}

void set_open_peaks(ShardContent& content, const FeatureCounts& atac, const Rows& rows) {
    IntervalSet peaks;
    for (const auto& feature : atac.features) add_interval_named(peaks, feature.name, atac.name);
    content.peaks = peaks.names();
    std::int64_t total = 0;
    for (const auto row : rows) total += atac.x.indptr[row + 1] - atac.x.indptr[row];
    if (total > std::numeric_limits<std::int32_t>::max())
        throw InputError(atac.name, "has 2^31 or more entries in the cells to pack",
                         "pack it as several shards");
    content.indices.reserve(static_cast<std::size_t>(total));
    for (const auto row : rows) {
        const auto open = atac.x.row_indices(row);
        content.indices.insert(content.indices.end(), open.begin(), open.end());
        content.indptr.push_back(static_cast<std::int32_t>(content.indices.size()));
    }
}

void set_counts(ShardContent& content, const AnnData& rna, const PackOptions& options,
                const std::vector<std::string>& barcodes, const RunContext& context) {
    content.has_rna = true;
    content.genes = genes_of_var(rna.var, options.rna.string());
    if (std::all_of(content.genes.genes.begin(), content.genes.genes.end(),
                    [](const Gene& gene) { return gene.chrom.empty(); }))
        context.warn(
            options.rna.string() +
            " does not say on which chromosomes its genes are; give `epifoundry genes` a --gene-table");
    const auto index = index_of(rna.obs.index);
    Rows rows;
    for (const auto& barcode : barcodes) rows.push_back(index.at(barcode));
    content.counts = select_rows(rna.x, rows);
}

// Cell types, and what `label` says beside them.
void add_labels(DataFrame& obs, const PackOptions& options) {
    std::vector<std::string> cell_types(obs.size());
    if (!options.labels.empty()) {
        const Table table = read_table(options.labels);
        const auto barcodes = table.values(table.has("barcode") ? "barcode" : "cell");
        const auto labels = table.values("cell_type");
        const auto index = index_of(barcodes);
        bool any = false;
        for (std::size_t i = 0; i < obs.size(); ++i)
            if (const auto found = index.find(obs.index[i]); found != index.end()) {
                cell_types[i] = labels[static_cast<std::size_t>(found->second)];
                any = true;
            }
        if (!any)
            no_overlap(options.atac, obs.index.front(), options.labels, barcodes.empty() ? "" : barcodes[0]);
    }
    obs.set("cell_type", make_categorical(cell_types));
}

// The columns of the table of cells in which every value is a number (or empty).
void add_qc(DataFrame& obs, const PackOptions& options) {
    if (options.cells.empty()) return;
    Table table;
    try {
        table = read_table(options.cells);
    } catch (const InputError&) {
        return;  // a plain list of barcodes
    }
    if (!table.has("barcode")) return;
    const auto barcodes = table.values("barcode");
    const auto index = index_of(barcodes);
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const auto& name = table.columns[c];
        if (name == "barcode" || name == "kept" || name == "orig_row" || obs.find(name) != nullptr) continue;
        std::vector<double> values;
        for (const auto& barcode : obs.index) {
            const auto& text = table.rows[static_cast<std::size_t>(index.at(barcode))][c];
            const auto value =
                text.empty() ? std::numeric_limits<double>::quiet_NaN() : parse_number<double>(text);
            if (!value) break;
            values.push_back(*value);
        }
        const bool says_something =
            std::any_of(values.begin(), values.end(), [](double v) { return !std::isnan(v); });
        if (values.size() == obs.size() && says_something) obs.set(name, std::move(values));
    }
}

std::vector<std::string> repeated(const std::string& value, std::size_t count) {
    return std::vector<std::string>(count, value);
}

template <class Values>
Values reordered(const Values& values, const Rows& order) {
    Values result;
    result.reserve(values.size());
    for (const auto row : order) result.push_back(values[static_cast<std::size_t>(row)]);
    return result;
}

DataFrame reordered_frame(const DataFrame& frame, const Rows& order) {
    DataFrame result;
    result.index = reordered(frame.index, order);
    for (const auto& [name, column] : frame.columns)
        result.set(name, std::visit(
                             [&](const auto& values) -> Column {
                                 if constexpr (std::is_same_v<std::decay_t<decltype(values)>, Categorical>)
                                     return Categorical{values.categories, reordered(values.codes, order)};
                                 else
                                     return reordered(values, order);
                             },
                             column));
    return result;
}

PackResult summary(const ShardContent& content) {
    PackResult result;
    result.cells = static_cast<std::int64_t>(content.obs.size());
    result.peak_entries = static_cast<std::int64_t>(content.indices.size());
    result.gene_entries = content.counts.nonzeros();
    const auto& labels = std::get<Categorical>(*content.obs.find("cell_type"));
    for (const auto code : labels.codes) result.labelled += code >= 0 ? 1 : 0;
    return result;
}

nlohmann::ordered_json options_json(const PackOptions& options) {
    return {{"sample", options.sample},
            {"batch", options.batch},
            {"donor", options.donor},
            {"tissue", options.tissue},
            {"genome", options.genome}};
}

}  // namespace

void shuffle_rows(ShardContent& content, std::uint64_t seed, std::string_view name) {
    Rows order(content.obs.size());
    std::iota(order.begin(), order.end(), 0);
    if (content.obs.find("orig_row") == nullptr) content.obs.set("orig_row", order);
    Rng(seed, hash_text(name)).shuffle(order);
    content.obs = reordered_frame(content.obs, order);
    std::vector<std::int32_t> indptr{0}, indices;
    indices.reserve(content.indices.size());
    for (const auto row : order) {
        const auto begin = content.indices.begin() + content.indptr[static_cast<std::size_t>(row)];
        const auto end = content.indices.begin() + content.indptr[static_cast<std::size_t>(row) + 1];
        indices.insert(indices.end(), begin, end);
        indptr.push_back(static_cast<std::int32_t>(indices.size()));
    }
    content.indptr = std::move(indptr);
    content.indices = std::move(indices);
    if (content.has_rna) content.counts = select_rows(content.counts, order);
}

PackResult run_pack(const PackOptions& options, const RunContext& context) {
    refuse_existing(options.output, context.force);
    Provenance provenance("pack", options_json(options), context);
    for (const auto& path : {options.atac, options.rna, options.cells, options.labels})
        if (!path.empty()) provenance.add_input(path);
    const auto atac = read_feature_counts(options.atac, FeatureKind::Peaks);
    for (const auto& note : atac.notes) context.note(note);
    std::optional<AnnData> rna;
    if (!options.rna.empty()) rna = read_rna(options.rna);
    context.check_stop();

    const auto rows = choose_rows(options, atac, rna, context);
    ShardContent content;
    content.obs.index = reordered(atac.barcodes, rows);
    content.obs.set("sample", make_categorical(repeated(options.sample, rows.size())));
    content.obs.set("batch", make_categorical(repeated(options.batch.empty() ? options.sample : options.batch,
                                                       rows.size())));
    content.obs.set("donor", make_categorical(repeated(options.donor, rows.size())));
    content.obs.set("tissue", make_categorical(repeated(options.tissue, rows.size())));
    add_labels(content.obs, options);
    content.obs.set("orig_row", rows);
    add_qc(content.obs, options);
    set_open_peaks(content, atac, rows);
    if (rna) set_counts(content, *rna, options, content.obs.index, context);
    content.genome = options.genome;
    content.provenance = provenance.stable();
    shuffle_rows(content, context.seed, options.sample);
    context.check_stop();
    write_shard(content, options.output, context.force);

    const auto result = summary(content);
    context.note(with_commas(result.cells) + " cells (" + with_commas(result.labelled) + " labelled), " +
                 with_commas(result.peak_entries) + " open peaks, " + with_commas(result.gene_entries) +
                 " expressed genes");
    return result;
}

}  // namespace epi
