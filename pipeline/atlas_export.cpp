#include <numeric>

#include "batches/cell_filter.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "pipeline/atlas.hpp"
#include "store/anndata_stream.hpp"
#include "store/gene_mapping.hpp"
#include "store/shard.hpp"

namespace epi {
namespace {

using CellNumbers = std::vector<std::int64_t>;

DataFrame obs_of(const AtlasCells& atlas, const CellNumbers& cells) {
    DataFrame obs;
    for (const auto cell : cells) obs.index.push_back(atlas.name(cell));
    for (const auto* column : {"sample", "batch", "donor", "tissue", "cell_type", "split"}) {
        const auto all = atlas.column(column);
        std::vector<std::string> values;
        for (const auto cell : cells) values.push_back(all[static_cast<std::size_t>(cell)]);
        obs.set(column, make_categorical(values));
    }
    return obs;
}

// Entries of each row, and of counts the largest.
MatrixScan scan_peaks(const AtlasCells& atlas, const CellNumbers& cells) {
    MatrixScan result;
    for (const auto cell : cells) result.lengths.push_back(atlas.peak_count(cell));
    return result;
}

MatrixScan scan_genes(const AtlasCells& atlas, const CellNumbers& cells) {
    MatrixScan result;
    for (const auto cell : cells) {
        result.lengths.push_back(atlas.gene_count(cell));
        for (const auto count : atlas.counts_of(cell))
            result.largest = std::max(result.largest, static_cast<double>(count));
    }
    return result;
}

// Calls put(row, columns, values) for each cell in order; the disk is told what comes next.
template <class Put>
void for_each_cell(const AtlasCells& atlas, const CellNumbers& cells, const RunContext& context, Put&& put) {
    constexpr std::size_t kAhead = 1024;
    for (std::size_t row = 0; row < cells.size(); ++row) {
        if (row % kAhead == 0) {
            context.check_stop();
            context.update("cells", row, cells.size());
            atlas.will_need(std::span(cells).subspan(row, std::min(kAhead, cells.size() - row)));
        }
        put(static_cast<std::int64_t>(row), cells[row]);
    }
}

std::vector<double> counts_of(const AtlasCells& atlas, std::int64_t cell) {
    const auto counts = atlas.counts_of(cell);
    return {counts.begin(), counts.end()};
}

void export_h5mu(const AtlasCells& atlas, const CellNumbers& cells, const AtlasExportOptions& options,
                 const nlohmann::ordered_json& provenance, const RunContext& context) {
    ShardHead head;
    head.obs = obs_of(atlas, cells);
    head.peaks = atlas.peaks();
    head.has_rna = atlas.has_rna();
    head.genes = atlas.genes();
    head.genome = atlas.genome();
    const auto counts = head.has_rna ? scan_genes(atlas, cells) : MatrixScan();
    ShardWriter writer(head, scan_peaks(atlas, cells).lengths, counts, options.output, context.force,
                       ShardSize::Any);
    for_each_cell(atlas, cells, context, [&](std::int64_t row, std::int64_t cell) {
        writer.put_peaks(row, atlas.peaks_of(cell));
        if (head.has_rna) writer.put_counts(row, atlas.genes_of(cell), counts_of(atlas, cell));
    });
    writer.commit(provenance);
}

void export_h5ad(const AtlasCells& atlas, const CellNumbers& cells, const AtlasExportOptions& options,
                 const nlohmann::ordered_json& provenance, const RunContext& context) {
    AnnData tables;
    tables.obs = obs_of(atlas, cells);
    if (options.rna)
        tables.var = var_of_genes(atlas.genes());
    else
        tables.var.index = atlas.peak_names();
    tables.uns["epifoundry"] = provenance;
    tables.uns["genome"] = atlas.genome();
    const auto found = options.rna ? scan_genes(atlas, cells) : scan_peaks(atlas, cells);
    AnnDataWriter writer(tables, found.lengths, StoredAs::Float32, options.output, context.force);
    std::vector<double> ones;
    for_each_cell(atlas, cells, context, [&](std::int64_t row, std::int64_t cell) {
        if (options.rna) return writer.put(row, atlas.genes_of(cell), counts_of(atlas, cell));
        const auto open = atlas.peaks_of(cell);
        ones.assign(open.size(), 1.0);
        writer.put(row, open, ones);
    });
    writer.commit();
}

}  // namespace

void export_atlas(const AtlasExportOptions& options, const RunContext& context) {
    refuse_existing(options.output, context.force);
    const auto suffix = options.output.extension();
    if (suffix != ".h5mu" && suffix != ".h5ad")
        throw UsageError(options.output.string(), "is neither an .h5mu nor an .h5ad",
                         "end --output with one of them");
    const auto filter = CellFilter::parse(options.where);
    auto atlas = AtlasCells::open(options.atlas);
    atlas.keep_mapped(std::uint64_t{256} << 20);  // cells are read once each
    if (options.rna && !atlas.has_rna())
        throw InputError(options.atlas.string(), "has no RNA to export", "leave --rna out");
    Provenance provenance("atlas export", {{"rna", options.rna}, {"where", options.where}}, context);
    provenance.add_input(options.atlas / "atlas.json");
    CellNumbers cells(static_cast<std::size_t>(atlas.size()));
    std::iota(cells.begin(), cells.end(), 0);
    cells = filter.choose(atlas, cells);
    if (suffix == ".h5mu")
        export_h5mu(atlas, cells, options, provenance.stable(), context);
    else
        export_h5ad(atlas, cells, options, provenance.stable(), context);
    context.note(with_commas(static_cast<std::int64_t>(cells.size())) + " cells");
}

}  // namespace epi
