#include "pipeline/label.hpp"

#include <unordered_map>

#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/cell_list.hpp"
#include "io/provenance.hpp"
#include "io/text_writer.hpp"
#include "label/louvain.hpp"
#include "label/typing.hpp"
#include "matrix/umap.hpp"
#include "pipeline/cell_file.hpp"
#include "pipeline/type_reference.hpp"
#include "rna/normalise.hpp"
#include "store/anndata.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

using RowOf = std::unordered_map<std::string, std::int64_t>;

RowOf rows_by_name(const std::vector<std::string>& names) {
    RowOf rows;
    for (std::size_t row = 0; row < names.size(); ++row)
        rows.emplace(names[row], static_cast<std::int64_t>(row));
    return rows;
}

// The chosen cells, and their counts in that order.
struct Cells {
    std::vector<std::string> names;
    std::vector<std::string> genes;
    CellGraphInput input;
};

Cells read_cells(const LabelOptions& options, const RunContext& context) {
    const auto atac = read_h5ad(options.atac);
    const auto rna = options.rna.empty() ? AnnData{} : read_h5ad(options.rna);
    const auto atac_row = rows_by_name(atac.obs.index), rna_row = rows_by_name(rna.obs.index);
    const auto wanted = options.cells.empty() ? atac.obs.index : read_cell_list(options.cells);
    Cells cells;
    std::vector<std::int64_t> atac_rows, rna_rows;
    for (const auto& name : wanted) {
        const auto in_atac = atac_row.find(name), in_rna = rna_row.find(name);
        if (in_atac == atac_row.end() || (!options.rna.empty() && in_rna == rna_row.end())) continue;
        cells.names.push_back(name);
        atac_rows.push_back(in_atac->second);
        if (!options.rna.empty()) rna_rows.push_back(in_rna->second);
    }
    if (cells.names.empty())
        throw InputError(options.rna.empty() ? options.atac.string() : options.rna.string(),
                         "has no barcode in common with " +
                             (options.cells.empty() ? options.atac : options.cells).string() +
                             (options.rna.empty() ? "" : " and " + options.atac.string()),
                         "give files of the same cells, named alike");
    if (cells.names.size() < wanted.size())
        context.warn(with_commas(static_cast<std::int64_t>(wanted.size() - cells.names.size())) + " of " +
                     with_commas(static_cast<std::int64_t>(wanted.size())) +
                     " cells are not in all the matrices and are left out");
    cells.input.atac = select_rows(atac.x, atac_rows);
    cells.input.atac_name = options.atac.string();
    if (!options.rna.empty()) {
        cells.input.rna = select_rows(rna.x, rna_rows);
        cells.input.lognorm = log_normalise(*cells.input.rna);
        cells.input.rna_name = options.rna.string();
        cells.genes = rna.var.index;
    }
    return cells;
}

// What each cell is called, and what is said of it in label.json.
struct Names {
    std::vector<TypeCall> call;  // per cell
    nlohmann::ordered_json summary;
};

Names names_from_reference(const Cells& cells, const Clustering& clustering, const LabelOptions& options,
                           const RunContext& context) {
    const auto file = read_type_reference(options.reference);
    if (file.normalised_here)
        context.note(options.reference.string() +
                     " holds no logarithms: normalised to 10,000 and log1p taken");
    const auto means = group_means(*cells.input.lognorm, clustering.cluster, clustering.clusters);
    const auto typing =
        name_groups(means, cells.genes, file.reference, static_cast<std::size_t>(options.reference_genes));
    if (typing.shared_genes < 2)
        throw InputError(options.reference.string(),
                         "shares fewer than two genes with " + options.rna.string() + " (its first is '" +
                             file.reference.genes[0] + "', that of the RNA '" + cells.genes.at(0) + "')",
                         "give a reference whose genes are named as in the RNA (by symbol)");
    Names names;
    for (const auto cluster : clustering.cluster)
        names.call.push_back(typing.calls[static_cast<std::size_t>(cluster)]);
    names.summary["shared_genes"] = typing.shared_genes;
    names.summary["genes_used"] = typing.used_genes;
    for (std::size_t cluster = 0; cluster < typing.calls.size(); ++cluster) {
        const auto& call = typing.calls[cluster];
        names.summary["clusters"].push_back({{"cluster", cluster},
                                             {"cell_type", call.type},
                                             {"score", call.score},
                                             {"runner_up", call.runner_up},
                                             {"runner_up_score", call.runner_up_score}});
    }
    return names;
}

Names names_from_table(const Cells& cells, const LabelOptions& options) {
    const auto file = CellFile::read(options.labels, options.cell_column);
    const auto labels = file.column(options.label_column);
    const auto row_of = rows_by_name(file.names());
    Names names;
    std::int64_t found = 0;
    for (const auto& cell : cells.names) {
        TypeCall call;
        if (const auto row = row_of.find(cell); row != row_of.end()) {
            ++found;
            call.type = labels[static_cast<std::size_t>(row->second)];
        }
        for (const auto& none : options.unlabelled)
            if (call.type == none) call.type.clear();
        names.call.push_back(std::move(call));
    }
    if (found == 0)
        throw InputError(file.place(),
                         "names none of the " + std::to_string(cells.names.size()) +
                             " cells (its first is '" + file.names()[0] + "', theirs '" + cells.names[0] +
                             "')",
                         "name the cells as the matrices do, or give the right --cell-column");
    names.summary["cells_in_table"] = found;
    return names;
}

// Whether a score goes with the name: only where a reference gave it.
void write_labels(const std::vector<std::string>& names, const Clustering& clustering, const Names& labels,
                  bool scored, const fs::path& path) {
    TextWriter writer(path);
    writer.row({"barcode", "cluster", "cell_type", "score", "runner_up", "runner_up_score"});
    for (std::size_t cell = 0; cell < names.size(); ++cell) {
        const auto& call = labels.call[cell];
        writer.row({names[cell], std::to_string(clustering.cluster[cell]), call.type,
                    scored && !call.type.empty() ? format_double(call.score) : "", call.runner_up,
                    scored && !call.runner_up.empty() ? format_double(call.runner_up_score) : ""});
    }
    writer.close();
}

void write_embeddings(const std::vector<std::string>& names, const CellGraph& graph,
                      const DenseMatrix& layout, const Clustering& clustering, const Names& labels,
                      const Provenance& provenance, const fs::path& path) {
    AnnData data;
    data.x.cols = 0;
    for (std::size_t cell = 0; cell < names.size(); ++cell) data.x.add_row({}, {});
    data.obs.index = names;
    std::vector<std::string> clusters, types;
    for (std::size_t cell = 0; cell < names.size(); ++cell) {
        clusters.push_back(std::to_string(clustering.cluster[cell]));
        types.push_back(labels.call[cell].type);
    }
    data.obs.set("cluster", make_categorical(clusters));
    data.obs.set("cell_type", make_categorical(types));
    if (!graph.rna_weight.empty()) data.obs.set("rna_weight", graph.rna_weight);
    if (graph.pca.rows > 0) data.obsm["X_pca"] = graph.pca;
    data.obsm["X_lsi"] = graph.lsi;
    data.obsm["X_umap"] = layout;
    data.uns["epifoundry"] = provenance.stable();
    write_h5ad(data, path, false);
}

Provenance provenance_of(const LabelOptions& options, const RunContext& context) {
    nlohmann::ordered_json json;
    json["variable_genes"] = options.graph.variable_genes;
    json["pca_components"] = options.graph.pca_components;
    json["lsi_components"] = options.graph.lsi_components;
    json["min_peak_count"] = options.graph.min_peak_count;
    json["resolution"] = options.resolution;
    json["reference_genes"] = options.reference_genes;
    if (!options.labels.empty()) {
        json["label_column"] = options.label_column;
        json["unlabelled"] = options.unlabelled;
    }
    Provenance provenance("label", json, context);
    for (const auto* path :
         {&options.atac, &options.rna, &options.cells, &options.reference, &options.labels})
        if (!path->empty()) provenance.add_input(*path);
    return provenance;
}

void require_sources(const LabelOptions& options) {
    if (!options.reference.empty() && !options.labels.empty())
        throw UsageError("--reference, --labels", "both say where labels come from", "give one of them");
    if (!options.reference.empty() && options.rna.empty())
        throw UsageError("--reference", "needs RNA to compare with", "give --rna as well");
}

}  // namespace

LabelResult run_label(const LabelOptions& options, const RunContext& context) {
    require_sources(options);
    refuse_existing(options.output, context.force);
    const auto cells = read_cells(options, context);
    context.check_stop();
    auto graph_options = options.graph;
    graph_options.seed = context.seed;
    const auto graph = build_cell_graph(cells.input, graph_options, context.threads);
    context.check_stop();
    LouvainOptions clustering_options;
    clustering_options.resolution = options.resolution;
    clustering_options.seed = context.seed;
    const auto clustering = louvain(graph.graph, clustering_options);
    Names names;
    if (!options.reference.empty()) {
        names = names_from_reference(cells, clustering, options, context);
    } else if (!options.labels.empty()) {
        names = names_from_table(cells, options);
    } else {
        names.call.resize(cells.names.size());
    }
    UmapOptions umap_options;
    umap_options.min_dist = 0.3;
    umap_options.seed = context.seed;
    const auto layout = umap(graph.neighbours, umap_options);
    context.check_stop();

    LabelResult result{static_cast<std::int64_t>(cells.names.size()), 0, clustering.clusters};
    for (const auto& call : names.call) result.labelled += !call.type.empty();
    const auto provenance = provenance_of(options, context);
    AtomicFolder folder(options.output, context.force);
    write_labels(cells.names, clustering, names, !options.reference.empty(), folder / "labels.tsv");
    write_embeddings(cells.names, graph, layout, clustering, names, provenance, folder / "embeddings.h5ad");
    auto json = provenance.full();
    json["cells"] = result.cells;
    json["labelled"] = result.labelled;
    json["clusters"] = result.clusters;
    json["modularity"] = clustering.modularity;
    json["variable_genes"] = graph.variable_genes;
    json["peaks"] = graph.peaks;
    json["pca_components"] = graph.pca.cols;
    json["lsi_components"] = graph.lsi.cols;
    json["neighbours"] = graph.neighbours.k;
    json["labels"] = names.summary;
    write_json(json, folder / "label.json");
    folder.commit();
    context.note(with_commas(result.cells) + " cells in " + std::to_string(result.clusters) + " clusters, " +
                 with_commas(result.labelled) + " with a cell type");
    return result;
}

}  // namespace epi
