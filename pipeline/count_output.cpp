#include "pipeline/count_output.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <tuple>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "io/bgzf_blocks.hpp"
#include "io/text_writer.hpp"
#include "rna/normalise.hpp"
#include "store/anndata.hpp"
#include "store/gene_mapping.hpp"
#include "store/hdf5_library.hpp"

namespace epi {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestNumber = 24;

char* put_value(char* to, const Column& column, std::size_t row) {
    if (const auto* counts = std::get_if<std::vector<std::int64_t>>(&column))
        return std::to_chars(to, to + kLongestNumber, (*counts)[row]).ptr;
    return put_double(to, std::get<std::vector<double>>(column)[row]);
}

char* put_row(char* to, const DataFrame& table, std::size_t row) {
    const auto& name = table.index[row];
    to = std::copy(name.begin(), name.end(), to);
    for (const auto& [column, values] : table.columns) {
        *to++ = '\t';
        to = put_value(to, values, row);
    }
    *to++ = '\n';
    return to;
}

// Compressed piece by piece.
void write_qc(const DataFrame& qc, const std::filesystem::path& path, int threads) {
    constexpr std::size_t kRows = 4096;
    constexpr int kLevel = 1;  // a sixth larger than at level 4, in less than half the time
    std::vector<std::string> pieces((qc.size() + kRows - 1) / kRows + 1);
    std::vector<std::string> header{"barcode"};
    for (const auto& [name, column] : qc.columns) header.push_back(name);
    pieces[0] = bgzf_compress(join(header, "\t") + "\n");
    parallel_for(pieces.size() - 1, threads, [&](std::size_t piece) {
        const auto first = piece * kRows, last = std::min(qc.size(), first + kRows);
        std::size_t room = (last - first) * (qc.columns.size() * (kLongestNumber + 1) + 1);
        for (auto row = first; row < last; ++row) room += qc.index[row].size();
        const auto text = std::make_unique_for_overwrite<char[]>(room);
        auto* end = text.get();
        for (auto row = first; row < last; ++row) end = put_row(end, qc, row);
        pieces[piece + 1] = bgzf_compress({text.get(), end}, kLevel);
    });
    std::ofstream file(path, std::ios::binary);
    for (const auto& piece : pieces) file << piece;
    file << bgzf_end();
    file.close();
    if (!file) throw ResourceError(path.string(), "writing failed", "check the space on the disk");
}

void write_sizes(const SampleCounts& counts, const std::filesystem::path& path) {
    TextWriter writer(path);
    writer.row({"length", "fragments"});
    for (int length = 0; length <= kLongestFragment; ++length)
        writer.row({std::to_string(length), std::to_string(counts.sizes[static_cast<std::size_t>(length)])});
    writer.close();
}

// Enrichment is over the mean of the outer 100 positions on each side; 0 without any cut there.
void write_tss_profile(const TssIndex::Profile& profile, const std::filesystem::path& path) {
    constexpr std::size_t kOuter = 100;
    std::int64_t outer = 0;
    for (std::size_t i = 0; i < kOuter; ++i) outer += profile[i] + profile[profile.size() - 1 - i];
    TextWriter writer(path);
    writer.row({"position", "insertions", "enrichment"});
    for (std::size_t i = 0; i < profile.size(); ++i) {
        const double enrichment =
            outer == 0 ? 0 : static_cast<double>(profile[i]) * 2 * kOuter / static_cast<double>(outer);
        writer.row({std::to_string(static_cast<int>(i) - kTssProfile), std::to_string(profile[i]),
                    format_double(enrichment)});
    }
    writer.close();
}

// The names of a set, with ".1", ".2" for peaks that are given again: an index must be unique.
std::vector<std::string> peak_names(const IntervalSet& peaks) {
    auto names = peaks.names();
    std::vector<std::uint32_t> order(peaks.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto key = [&](std::uint32_t i) {
        const auto& peak = peaks.intervals[i];
        return std::tuple(peak.chrom, peak.start, peak.end, i);
    };
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return key(a) < key(b); });
    for (std::size_t i = 1, copies = 0; i < order.size(); ++i) {
        copies = peaks.intervals[order[i]] == peaks.intervals[order[i - 1]] ? copies + 1 : 0;
        if (copies > 0) names[order[i]] += "." + std::to_string(copies);
    }
    return names;
}

DataFrame var_of_peaks(const IntervalSet& peaks) {
    DataFrame var;
    var.index = peak_names(peaks);
    std::vector<std::string> chromosomes;
    std::vector<std::int64_t> starts, ends;
    for (const auto& peak : peaks.intervals) {
        chromosomes.push_back(peaks.chromosomes.name(peak.chrom));
        starts.push_back(peak.start);
        ends.push_back(peak.end);
    }
    var.set("chromosome", make_categorical(chromosomes));
    var.set("start", std::move(starts));
    var.set("end", std::move(ends));
    return var;
}

// Fragments of the barcode of each rank, at ranks evenly spread on a logarithmic scale.
Json barcode_ranks(const DataFrame& qc) {
    auto fragments = std::get<std::vector<std::int64_t>>(qc.columns.front().second);
    std::sort(fragments.begin(), fragments.end(), std::greater<>());
    Json ranks = Json::array();
    for (double next = 1; next <= static_cast<double>(fragments.size());
         next = std::max(next + 1, next * 1.05)) {
        const auto rank = static_cast<std::size_t>(next);
        ranks.push_back({rank, fragments[rank - 1]});
    }
    return ranks;
}

Json file_json(const FragmentFileSummary& file) {
    Json json{{"name", file.name},
              {"fragments", file.fragments},
              {"compressed", file.compressed},
              {"sorted", file.first_unsorted_line == 0}};
    if (file.truncated) json["truncated"] = true;
    if (file.first_unsorted_line > 0) json["first_unsorted_line"] = file.first_unsorted_line;
    return json;
}

void write_tables(const SampleCounts& counts, int threads, const AtomicFolder& folder) {
    write_qc(counts.qc, folder / "qc.tsv.gz", threads);
    write_sizes(counts, folder / "fragment_sizes.tsv");
    write_tss_profile(counts.tss_profile, folder / "tss_profile.tsv");
}

}  // namespace

MatrixEntries write_counts(SampleCounts& counts, const CountPlan& plan, const CountOptions& options,
                           const Json& stable, int threads, const AtomicFolder& folder) {
    MatrixEntries entries;
    AnnData common;
    common.uns["epifoundry"] = stable;
    if (!options.genome.empty()) common.uns["genome"] = options.genome;
    common.obs = counts.cells;
    const auto write_peaks = [&] {
        auto data = common;
        const auto peaks = counts.peaks.make();
        entries.peak_count = plan.peaks.size();
        entries.peaks = peaks->nonzeros();
        data.counts = peaks.get();
        data.counts_as_ones = options.binarize;
        data.var = var_of_peaks(plan.peaks);
        write_h5ad(data, folder / "peaks.h5ad", true);
    };
    std::unique_ptr<CountRows> genes;
    const auto make_genes = [&] {
        genes = counts.gene_activity.make();
        entries.genes = genes->nonzeros();
    };
    const auto write_genes = [&] {
        auto data = common;
        data.counts = genes.get();
        data.count_layers["lognorm"] = [](const RowBlock& block) { return log_normalised_values(block); };
        data.var = var_of_genes(counts.activity_genes);
        write_h5ad(data, folder / "gene_activity.h5ad", true);
    };
    // Where the library lets only one thread at a time write, rows are made beside it.
    const bool together = hdf5_is_threadsafe();
    parallel_for(3, threads, [&](std::size_t task) {
        if (task == 0) write_peaks();
        if (task == 1) make_genes();
        if (task == 1 && together) write_genes();
        if (task == 2) write_tables(counts, threads, folder);
    });
    if (!together) write_genes();
    return entries;
}

void add_totals(Json& json, const SampleCounts& counts, const MatrixEntries& entries,
                const CountOptions& options) {
    std::int64_t longer = counts.sizes.back();
    json["fragments"] = counts.fragments;
    json["duplicates_dropped"] = counts.duplicates_dropped;
    json["barcodes"] = counts.qc.size();
    json["cells"] = {{"count", counts.cells.size()},
                     {"chosen_by", !options.cells.empty() ? "list"
                                   : options.call_cells   ? "call_cells"
                                                          : "min_fragments"},
                     {"listed_without_fragments", counts.listed_cells_without_fragments}};
    if (options.call_cells) {
        json["cells"]["method"] = "ordmag";
        json["cells"]["threshold"] = counts.called.threshold;
        json["cells"]["expected"] = counts.called.expected;
    }
    json["peaks"] = {{"count", entries.peak_count}, {"entries", entries.peaks}};
    json["genes"] = {{"count", counts.activity_genes.size()}, {"entries", entries.genes}};
    json["tss_sites"] = counts.tss_sites;
    json["mean_tss_flank"] = counts.mean_tss_flank;
    json["fragments_longer_than_1000"] = longer;
    json["fragments_beyond_chromosome_end"] = counts.beyond_chromosome_end;
    if (counts.nucleosome_lines == kAllLines)
        json["nucleosome_lines"] = "all";
    else
        json["nucleosome_lines"] = counts.nucleosome_lines;
    json["genes_without_coordinates"] = counts.genes_without_place;
    json["skipped_lines"] = Json::object();
    for (const auto& [problem, lines] : counts.skipped_lines) json["skipped_lines"][problem] = lines;
    json["files"] = Json::array();
    for (const auto& file : counts.files) json["files"].push_back(file_json(file));
    json["renamed_chromosomes"] = Json::object();
    for (const auto& [from, to] : counts.renamed_chromosomes) json["renamed_chromosomes"][from] = to;
    json["unknown_contigs"] = Json::object();
    for (const auto& [name, fragments] : counts.unknown_contigs) json["unknown_contigs"][name] = fragments;
    json["barcode_ranks"] = barcode_ranks(counts.qc);
}

}  // namespace epi
