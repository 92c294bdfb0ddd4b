#include "core/error.hpp"
#include "core/text.hpp"
#include "genome/interval.hpp"
#include "io/atomic_output.hpp"
#include "io/provenance.hpp"
#include "pipeline/atlas.hpp"
#include "pipeline/shard_stream.hpp"
#include "store/anndata_elements.hpp"
#include "store/shard_tables.hpp"

namespace epi {
namespace {

void replace_label(DataFrame& obs, std::string_view column, const std::string& value) {
    if (value.empty()) return;
    obs.set(column, make_categorical(std::vector<std::string>(obs.size(), value)));
}

// All columns of the file for these cells: of the whole, or of its peaks.
DataFrame source_obs(const Hdf5Node& root, const CellTables& tables) {
    if (root.has("obs"))
        if (auto obs = read_dataframe(root.child("obs")); obs.index == tables.barcodes) return obs;
    return read_dataframe(atac_of(root).child("obs"));
}

// Labels as the file says, its columns of numbers, and what the options say instead.
DataFrame repacked_obs(const Hdf5Node& root, const CellTables& tables, const RepackOptions& options) {
    DataFrame obs;
    obs.index = tables.barcodes;
    for (std::size_t c = 0; c < kCellColumns.size(); ++c) obs.set(kCellColumns[c], tables.labels[c]);
    const auto source = source_obs(root, tables);
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
    if (obs.find("orig_row") == nullptr) {
        std::vector<std::int64_t> rows(obs.size());
        for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
        obs.set("orig_row", std::move(rows));
    }
    return obs;
}

ShardHead head_of(const Hdf5Node& root, const CellTables& tables, const RepackOptions& options,
                  const Rows& order) {
    ShardHead head;
    head.obs = reordered(repacked_obs(root, tables, options), order);
    head.peaks = intervals_named(tables.peak_names, options.input.string());
    head.has_rna = tables.has_rna;
    head.genes = tables.genes;
    head.genome = options.genome.empty() ? tables.genome : options.genome;
    return head;
}

std::string describe(const StreamedShard& shard) {
    auto line = with_commas(shard.cells) + " cells, " + with_commas(shard.peak_entries) + " open peaks";
    if (shard.has_rna) line += ", " + with_commas(shard.gene_entries) + " expressed genes";
    return line;
}

// All but the provenance.
StreamedShard stream(const RepackOptions& options, const RunContext& context) {
    const auto root = Hdf5Node::open_file(options.input);
    const auto tables = read_cell_tables(root);
    if (tables.barcodes.empty())
        throw InputError(options.input.string(), "has no cell", "give a matrix with cells");
    const auto order = shuffled_order(tables.barcodes.size(), context.seed, options.sample);
    const auto head = head_of(root, tables, options, order);

    const auto limits = limits_for(context);
    const auto peaks = open_matrix(atac_of(root).child("X"), limits);
    const auto open = scan(*peaks, context.threads);
    const ShardMatrix peak_rows{*peaks, open, order};
    if (!tables.has_rna) return stream_shard(head, peak_rows, nullptr, options.output, context);
    const auto x = rna_of(root)->child("X");
    const auto counts = open_matrix(x, limits);
    const auto found = scan(*counts, context.threads);
    if (!found.counts())
        x.fail("holds values that are not counts (whole numbers from 0)", "store the raw counts in X");
    Rows rna_rows;
    for (const auto place : places_in(head.obs.index, tables.rna_barcodes))
        rna_rows.push_back(place == kNoPlace ? -1 : static_cast<std::int64_t>(place));
    const ShardMatrix count_rows{*counts, found, std::move(rna_rows)};
    return stream_shard(head, peak_rows, &count_rows, options.output, context);
}

}  // namespace

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
    std::optional<StreamedShard> shard;
    beside_checksums(provenance, std::span(&options.input, 1), context.threads,
                     [&] { shard.emplace(stream(options, context)); });
    shard->writer.commit(provenance.stable());
    context.note(describe(*shard));
}

}  // namespace epi
