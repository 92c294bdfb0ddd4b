#include "pipeline/nn/annotate_input.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "core/text.hpp"
#include "io/cell_list.hpp"
#include "pipeline/cell_file.hpp"
#include "pipeline/nn/annotate_fragments.hpp"
#include "pipeline/nn/model_input.hpp"
#include "store/feature_counts.hpp"
#include "store/hdf5_library.hpp"

namespace epi {
namespace {

// RNA counts and expressed genes of each barcode.
struct RnaDepth {
    std::vector<std::string> barcodes;
    std::unordered_map<std::string, std::pair<double, double>> of;
};

RnaDepth read_rna(const std::filesystem::path& path, const RunContext& context) {
    auto rna = read_feature_counts(path, FeatureKind::Genes);
    for (const auto& note : rna.notes) context.note(note);
    RnaDepth depth;
    for (std::int64_t cell = 0; cell < rna.x.rows; ++cell) {
        double sum = 0;
        for (const double count : rna.x.row_values(cell)) sum += count;
        depth.of[rna.barcodes[static_cast<std::size_t>(cell)]] = {
            sum, static_cast<double>(rna.x.row_indices(cell).size())};
    }
    depth.barcodes = std::move(rna.barcodes);
    return depth;
}

void add_rna(SampleCells& sample, const RnaDepth& rna, const AnnotateOptions& options) {
    std::vector<double> counts, genes;
    std::int64_t shared = 0;
    for (const auto& barcode : sample.obs.index) {
        const auto found = rna.of.find(barcode);
        const bool known = found != rna.of.end();
        constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
        counts.push_back(known ? found->second.first : kMissing);
        genes.push_back(known ? found->second.second : kMissing);
        if (known) ++shared;
    }
    if (shared == 0)
        throw InputError(options.rna.string(), "none of its barcodes is a cell of " + options.input.string(),
                         "give RNA and ATAC of the same sample, with barcodes in the same spelling");
    sample.obs.set("rna_counts", std::move(counts));
    sample.obs.set("rna_genes", std::move(genes));
    sample.summary["cells_with_rna"] = shared;
}

IntervalSet intervals_of(const FeatureCounts& counts) {
    IntervalSet peaks;
    for (const auto& feature : counts.features)
        add_interval_named(peaks, feature.interval.empty() ? feature.id : feature.interval, counts.name);
    return peaks;
}

// Rows of the wanted barcodes, in the file's order; all without a list.
std::vector<std::int64_t> chosen_rows(const FeatureCounts& counts,
                                      const std::optional<std::vector<std::string>>& wanted,
                                      const AnnotateOptions& options, const RunContext& context) {
    std::vector<std::int64_t> rows;
    std::unordered_set<std::string> set;
    if (wanted) set.insert(wanted->begin(), wanted->end());
    for (std::size_t row = 0; row < counts.barcodes.size(); ++row)
        if (!wanted || set.contains(counts.barcodes[row])) rows.push_back(static_cast<std::int64_t>(row));
    if (rows.empty())
        throw InputError(options.input.string(), "it has none of the listed cells",
                         "give --cells or --rna of the same sample, with barcodes in the same spelling");
    if (wanted && rows.size() < set.size())
        context.warn(with_commas(static_cast<std::int64_t>(set.size() - rows.size())) + " of the " +
                     with_commas(static_cast<std::int64_t>(set.size())) + " listed cells are not in " +
                     options.input.string());
    return rows;
}

DoubleMatrix ones_of(const OpenPeaks& open) {
    DoubleMatrix ones;
    ones.rows = open.rows;
    ones.cols = open.cols;
    ones.indptr = open.indptr;
    ones.indices = open.indices;
    ones.values.assign(open.indices.size(), 1.0);
    return ones;
}

SampleCells read_counts(const AnnotateOptions& options, const ModelFolder& model,
                        const std::optional<std::vector<std::string>>& wanted, const RunContext& context) {
    const auto counts = read_feature_counts(options.input, FeatureKind::Peaks);
    for (const auto& note : counts.notes) context.note(note);
    const auto rows = chosen_rows(counts, wanted, options, context);
    SampleCells sample;
    for (const auto row : rows) sample.obs.index.push_back(counts.barcodes[static_cast<std::size_t>(row)]);
    const auto chosen = select_rows(counts.x, rows);
    auto mapped = onto_model(open_peaks_of(chosen), intervals_of(counts), model, options.min_mapped,
                             options.input, context);
    sample.open = std::move(mapped.open);
    sample.counts = ones_of(sample.open);
    sample.quality.resize(rows.size());
    sample.summary = {{"kind", "counts"}, {"barcodes", counts.barcodes.size()}, {"cells", rows.size()}};
    sample.summary["peak_mapping"] = to_json(mapped.coverage);
    return sample;
}

}  // namespace

SampleCells read_sample(const AnnotateOptions& options, const ModelFolder& model, Provenance& provenance,
                        const RunContext& context) {
    std::optional<std::vector<std::string>> wanted;
    std::optional<RnaDepth> rna;
    if (!options.rna.empty()) {
        rna = read_rna(options.rna, context);
        wanted = rna->barcodes;
        provenance.add_input(options.rna);
    }
    if (!options.cells.empty()) {
        wanted = read_cell_list(options.cells);
        provenance.add_input(options.cells);
    }
    const bool counts = std::filesystem::is_directory(options.input) || is_hdf5_file(options.input);
    auto sample = counts ? read_counts(options, model, wanted, context)
                         : count_fragments_on_model(options, model, wanted, context);
    provenance.add_input(options.input);
    if (rna) add_rna(sample, *rna, options);
    return sample;
}

}  // namespace epi
