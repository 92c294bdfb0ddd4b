#include "pipeline/pack.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"
#include "genome/interval.hpp"
#include "io/atomic_output.hpp"
#include "io/cell_list.hpp"
#include "io/provenance.hpp"
#include "io/table.hpp"
#include "pipeline/shard_stream.hpp"
#include "store/anndata_elements.hpp"
#include "store/feature_counts.hpp"
#include "store/gene_mapping.hpp"

namespace epi {
namespace {

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

// The RNA of a sample: its tables, and a matrix that is read in blocks.
struct RnaSource {
    std::vector<std::string> barcodes;
    DataFrame var;
    std::unique_ptr<MatrixRows> x;
    MatrixScan found;
};

RnaSource open_rna(const std::filesystem::path& path, const ReadLimits& limits, int threads) {
    const auto root = Hdf5Node::open_file(path);
    if (!root.has("X") || !root.has("obs") || !root.has("var"))
        root.fail("is no .h5ad (it has no X, obs and var)", "make it with `epifoundry genes`");
    RnaSource rna;
    rna.barcodes = read_dataframe(root.child("obs")).index;
    rna.var = read_dataframe(root.child("var"));
    rna.x = open_matrix(root.child("X"), limits);
    if (rna.x->rows() != static_cast<std::int64_t>(rna.barcodes.size()) ||
        rna.x->cols() != static_cast<std::int64_t>(rna.var.size()))
        root.child("X").fail("its shape is not that of obs and var");
    if (index_of(rna.barcodes).size() != rna.barcodes.size())
        throw InputError(path.string(), "has a barcode twice", "make the barcodes unique");
    if (rna.barcodes.empty()) throw InputError(path.string(), "has no cell", "give a matrix with cells");
    rna.found = scan(*rna.x, threads);
    if (!rna.found.counts())
        throw InputError(path.string(), "X does not hold counts (whole numbers from 0)",
                         "make it with `epifoundry genes`");
    return rna;
}

// What a sample is packed from.
struct Sources {
    FeatureSource atac;
    MatrixScan open;  // of its peaks
    std::optional<RnaSource> rna;
};

Sources open_sources(const PackOptions& options, const RunContext& context) {
    Sources sources;
    const auto limits = limits_for(context);
    sources.atac = open_feature_counts(options.atac, FeatureKind::Peaks, limits);
    sources.open = scan_counts(sources.atac, context.threads);
    if (!options.rna.empty()) sources.rna = open_rna(options.rna, limits, context.threads);
    return sources;
}

// The rows of the ATAC matrix to pack, ascending.
Rows choose_rows(const PackOptions& options, const Sources& sources, const RunContext& context) {
    const auto& atac = sources.atac;
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
    if (sources.rna) {
        const auto before = rows.size();
        keep_those_in(sources.rna->barcodes, options.rna);
        if (rows.size() < before)
            context.warn(with_commas(static_cast<std::int64_t>(before - rows.size())) +
                         " cells have no RNA and are left out");
    }
    return rows;
}

IntervalSet peaks_of(const FeatureSource& atac) {
    IntervalSet peaks;
    peaks.intervals.reserve(atac.features.size());
    for (const auto& feature : atac.features) add_interval_named(peaks, feature.name, atac.name);
    return peaks;
}

GeneTable genes_of(const RnaSource& rna, const PackOptions& options, const RunContext& context) {
    auto genes = genes_of_var(rna.var, options.rna.string());
    if (std::all_of(genes.genes.begin(), genes.genes.end(),
                    [](const Gene& gene) { return gene.chrom.empty(); }))
        context.warn(
            options.rna.string() +
            " does not say on which chromosomes its genes are; give `epifoundry genes` a --gene-table");
    return genes;
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

// obs of the shard, its rows as in `rows` of the ATAC matrix.
DataFrame obs_of(const PackOptions& options, const FeatureSource& atac, const Rows& rows) {
    DataFrame obs;
    for (const auto row : rows) obs.index.push_back(atac.barcodes[static_cast<std::size_t>(row)]);
    const auto label = [&](const std::string& value) {
        return make_categorical(repeated(value, rows.size()));
    };
    obs.set("sample", label(options.sample));
    obs.set("batch", label(options.batch.empty() ? options.sample : options.batch));
    obs.set("donor", label(options.donor));
    obs.set("tissue", label(options.tissue));
    add_labels(obs, options);
    obs.set("orig_row", rows);
    add_qc(obs, options);
    return obs;
}

nlohmann::ordered_json options_json(const PackOptions& options) {
    return {{"sample", options.sample},
            {"batch", options.batch},
            {"donor", options.donor},
            {"tissue", options.tissue},
            {"genome", options.genome}};
}

struct Packed {
    StreamedShard shard;
    PackResult result;
};

// All but the provenance.
Packed pack(const PackOptions& options, const RunContext& context) {
    const auto sources = open_sources(options, context);
    for (const auto& note : sources.atac.notes) context.note(note);
    context.check_stop();

    auto rows = choose_rows(options, sources, context);
    const auto order = shuffled_order(rows.size(), context.seed, options.sample);
    ShardHead head;
    head.obs = reordered(obs_of(options, sources.atac, rows), order);
    rows = reordered(rows, order);
    head.peaks = peaks_of(sources.atac);
    head.has_rna = sources.rna.has_value();
    if (sources.rna) head.genes = genes_of(*sources.rna, options, context);
    head.genome = options.genome;

    const ShardMatrix peaks{*sources.atac.x, sources.open, rows};
    std::optional<ShardMatrix> counts;
    if (sources.rna) {
        const auto index = index_of(sources.rna->barcodes);
        Rows rna_rows;
        for (const auto& barcode : head.obs.index) rna_rows.push_back(index.at(barcode));
        counts.emplace(ShardMatrix{*sources.rna->x, sources.rna->found, std::move(rna_rows)});
    }
    auto shard = stream_shard(head, peaks, counts ? &*counts : nullptr, options.output, context);
    PackResult result;
    result.cells = static_cast<std::int64_t>(rows.size());
    result.peak_entries = shard.peak_entries;
    result.gene_entries = shard.gene_entries;
    for (const auto code : std::get<Categorical>(*head.obs.find("cell_type")).codes)
        result.labelled += code >= 0 ? 1 : 0;
    return {std::move(shard), result};
}

}  // namespace

PackResult run_pack(const PackOptions& options, const RunContext& context) {
    refuse_existing(options.output, context.force);
    Provenance provenance("pack", options_json(options), context);
    const std::array inputs{options.atac, options.rna, options.cells, options.labels};
    std::optional<Packed> packed;
    beside_checksums(provenance, inputs, context.threads, [&] { packed.emplace(pack(options, context)); });
    packed->shard.writer.commit(provenance.stable());
    const auto& result = packed->result;
    context.note(with_commas(result.cells) + " cells (" + with_commas(result.labelled) + " labelled), " +
                 with_commas(result.peak_entries) + " open peaks, " + with_commas(result.gene_entries) +
                 " expressed genes");
    return result;
}

}  // namespace epi
