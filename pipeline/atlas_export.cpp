#include <limits>
#include <numeric>

#include "batches/atlas_cells.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "pipeline/atlas.hpp"
#include "pipeline/pack.hpp"
#include "store/gene_mapping.hpp"
#include "store/shard.hpp"

namespace epi {
namespace {

std::vector<std::int64_t> all_cells(const AtlasCells& cells) {
    std::vector<std::int64_t> list(static_cast<std::size_t>(cells.size()));
    std::iota(list.begin(), list.end(), 0);
    return list;
}

DataFrame obs_of(const AtlasCells& cells) {
    DataFrame obs;
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) obs.index.push_back(cells.name(cell));
    for (const auto* column : {"sample", "batch", "donor", "tissue", "cell_type", "split"})
        obs.set(column, make_categorical(cells.column(column)));
    return obs;
}

template <class Value>
DoubleMatrix widened(Csr<Value>&& matrix) {
    DoubleMatrix result;
    result.rows = matrix.rows;
    result.cols = matrix.cols;
    result.indptr = std::move(matrix.indptr);
    result.indices = std::move(matrix.indices);
    result.values.assign(matrix.values.begin(), matrix.values.end());
    return result;
}

// `indptr` and `indices` of open peaks; InputError where they are too many for one file.
void set_peaks(ShardContent& content, const AtlasCells& cells) {
    for (std::int64_t cell = 0; cell < cells.size(); ++cell) {
        const auto open = cells.peaks_of(cell);
        content.indices.insert(content.indices.end(), open.begin(), open.end());
        if (content.indices.size() > std::numeric_limits<std::int32_t>::max())
            throw InputError(cells.path().string(), "has 2^31 entries or more, too many for one file",
                             "keep it as shards");
        content.indptr.push_back(static_cast<std::int32_t>(content.indices.size()));
    }
}

void replace_label(DataFrame& obs, std::string_view column, const std::string& value) {
    if (value.empty()) return;
    obs.set(column, make_categorical(std::vector<std::string>(obs.size(), value)));
}

// Labels as the file says, its columns of numbers, and what the options say instead.
DataFrame repacked_obs(const Shard& shard, const RepackOptions& options) {
    DataFrame obs;
    obs.index = shard.barcodes();
    for (std::size_t c = 0; c < kCellColumns.size(); ++c) obs.set(kCellColumns[c], shard.labels(c));
    const auto source = shard.read_obs();
    if (!options.cell_type_column.empty())
        obs.set("cell_type",
                make_categorical(source.text(options.cell_type_column, options.input.string() + " obs")));
    for (const auto& [name, column] : source.columns)
        if (obs.find(name) == nullptr && !std::holds_alternative<std::vector<std::string>>(column) &&
            name.find('/') == std::string::npos)
            obs.set(name, column);
    replace_label(obs, "sample", options.sample);
    replace_label(obs, "batch", options.batch);
    replace_label(obs, "donor", options.donor);
    replace_label(obs, "tissue", options.tissue);
    if (std::get<Categorical>(*obs.find("sample")).categories.empty())
        throw InputError(options.input.string(), "does not say of which sample its cells are",
                         "give --sample");
    if (std::get<Categorical>(*obs.find("batch")).categories.empty()) obs.set("batch", *obs.find("sample"));
    return obs;
}

DoubleMatrix counts_of(const Shard& shard) {
    DoubleMatrix counts;
    counts.cols = static_cast<std::int64_t>(shard.genes().size());
    for (std::int64_t cell = 0; cell < shard.cells(); ++cell) {
        const auto values = shard.counts_of(cell);
        counts.add_row(shard.genes_of(cell), std::vector<double>(values.begin(), values.end()));
    }
    return counts;
}

}  // namespace

void export_atlas(const AtlasExportOptions& options, const RunContext& context) {
    refuse_existing(options.output, context.force);
    const auto suffix = options.output.extension();
    if (suffix != ".h5mu" && suffix != ".h5ad")
        throw UsageError(options.output.string(), "is neither an .h5mu nor an .h5ad",
                         "end --output with one of them");
    const auto cells = AtlasCells::open(options.atlas);
    if (options.rna && !cells.has_rna())
        throw InputError(options.atlas.string(), "has no RNA to export", "leave --rna out");
    Provenance provenance("atlas export", {{"rna", options.rna}}, context);
    provenance.add_input(options.atlas / "atlas.json");
    const auto list = all_cells(cells);
    if (suffix == ".h5mu") {
        ShardContent content;
        content.obs = obs_of(cells);
        content.peaks = cells.peak_names();
        set_peaks(content, cells);
        content.has_rna = cells.has_rna();
        content.genes = cells.genes();
        if (content.has_rna) content.counts = widened(cells.count_matrix(list));
        content.genome = cells.genome();
        content.provenance = provenance.stable();
        write_shard(content, options.output, context.force);
    } else {
        AnnData data;
        data.obs = obs_of(cells);
        if (options.rna) {
            data.x = widened(cells.count_matrix(list));
            data.var = var_of_genes(cells.genes());
        } else {
            data.x = widened(cells.peak_matrix(list));
            data.var.index = cells.peak_names();
        }
        data.uns["epifoundry"] = provenance.stable();
        data.uns["genome"] = cells.genome();
        write_h5ad(data, options.output, context.force);
    }
    context.note(with_commas(cells.size()) + " cells");
}

void repack(const RepackOptions& options, const RunContext& context) {
    refuse_existing(options.output, context.force);
    Provenance provenance("atlas repack",
                          {{"sample", options.sample},
                           {"batch", options.batch},
                           {"donor", options.donor},
                           {"tissue", options.tissue},
                           {"cell_type_column", options.cell_type_column},
                           {"genome", options.genome}},
                          context);
    provenance.add_input(options.input);
    const Shard shard = Shard::open(options.input);
    if (shard.cells() == 0)
        throw InputError(options.input.string(), "has no cell", "give a matrix with cells");
    ShardContent content;
    content.obs = repacked_obs(shard, options);
    IntervalSet peaks;
    for (const auto& name : shard.peak_names()) add_interval_named(peaks, name, options.input.string());
    content.peaks = peaks.names();
    for (std::int64_t cell = 0; cell < shard.cells(); ++cell) {
        const auto open = shard.peaks_of(cell);
        content.indices.insert(content.indices.end(), open.begin(), open.end());
        content.indptr.push_back(static_cast<std::int32_t>(content.indices.size()));
    }
    content.has_rna = shard.has_rna();
    content.genes = shard.genes();
    if (content.has_rna) content.counts = counts_of(shard);
    content.genome = options.genome.empty() ? shard.genome() : options.genome;
    content.provenance = provenance.stable();
    shuffle_rows(content, context.seed, options.sample);
    write_shard(content, options.output, context.force);
    context.note(with_commas(shard.cells()) + " cells, " + with_commas(shard.peak_entries()) +
                 " open peaks, " + with_commas(shard.gene_entries()) + " expressed genes");
}

}  // namespace epi
