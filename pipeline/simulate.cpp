#include "pipeline/simulate.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "io/atomic_output.hpp"
#include "io/bgzf_blocks.hpp"
#include "io/provenance.hpp"
#include "io/text_writer.hpp"
#include "simulate/fragments.hpp"
#include "store/tenx_writer.hpp"

namespace epi {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBinsPerThread = 4;  // made before they are written: bounds memory
constexpr int kLevel = 6;                  // of fragment files

void require(bool good, std::string_view option, std::string_view problem) {
    if (!good) throw UsageError(option, problem, "choose another value; see --help for the defaults");
}

void check_parameters(const SimulationParameters& p) {
    require(p.samples >= 1 && p.samples <= 10'000, "--samples", "must be 1 to 10,000");
    require(p.cells >= 1 && p.cells <= 1'000'000, "--cells", "must be 1 to 1,000,000");
    require(p.genes >= 1 && p.genes <= 50'000, "--genes", "must be 1 to 50,000");
    require(p.peaks >= 20 && p.peaks <= 2'000'000, "--peaks", "must be 20 to 2,000,000");
    require(p.cell_types >= 1 && p.cell_types <= 200, "--cell-types", "must be 1 to 200");
    require(p.batches >= 0 && p.batches <= p.samples, "--batches", "must be at most the number of samples");
    require(p.donors >= 0 && p.donors <= p.samples, "--donors", "must be at most the number of samples");
    require(p.depth > 0 && p.depth <= 1e6, "--depth", "must be above 0 and at most 1,000,000");
    require(p.background >= 0 && p.background <= 1000, "--background", "must be 0 to 1,000");
    require(p.background_depth > 0 && p.background_depth <= 1e6, "--background-depth",
            "must be above 0 and at most 1,000,000");
    require(p.low_quality >= 0 && p.low_quality <= 10, "--low-quality", "must be 0 to 10");
    require(p.doublets >= 0 && p.doublets <= 10, "--doublets", "must be 0 to 10");
    require(p.peak_fraction > 0.05 && p.peak_fraction < 0.95, "--peak-fraction", "must be 0.05 to 0.95");
}

// Of one sample, by its number.
struct SampleNames {
    std::string sample, batch, donor;
};

SampleNames names_of(int sample, int donor, int batch) {
    std::string letters(1, static_cast<char>('A' + batch % 26));
    if (batch >= 26) letters += std::to_string(batch / 26);
    return {"D" + std::to_string(sample + 1), "batch" + letters, "D" + std::to_string(donor + 1)};
}

void write_bed(const IntervalSet& set, const fs::path& path) {
    TextWriter writer(path);
    for (const auto& interval : set.intervals)
        writer.row({set.chromosomes.name(interval.chrom), std::to_string(interval.start),
                    std::to_string(interval.end)});
    writer.close();
}

// Gene, transcript and exons, as in GENCODE's files (which count from 1, ends included).
void write_gtf(const GeneTable& table, const fs::path& path) {
    TextWriter writer(path);
    writer.write("##description: simulated genes\n##format: gtf\n");
    for (const auto& gene : table.genes) {
        const auto line = [&](std::string_view feature, std::int64_t start, std::int64_t end,
                              std::string more) {
            writer.row({gene.chrom, "epifoundry", std::string(feature), std::to_string(start + 1),
                        std::to_string(end), ".", std::string(1, gene.strand), ".",
                        "gene_id \"" + gene.id + "\"; " + std::move(more) + "gene_type \"" + gene.type +
                            "\"; gene_name \"" + gene.name + "\";"});
        };
        const std::string transcript = "transcript_id \"" + gene.id + ".1\"; ";
        const auto third = (gene.end - gene.start) / 3;
        line("gene", gene.start, gene.end, "");
        line("transcript", gene.start, gene.end, transcript);
        line("exon", gene.start, gene.start + third, transcript + "exon_number 1; ");
        line("exon", gene.end - third, gene.end, transcript + "exon_number 2; ");
    }
    writer.close();
}

void write_links(const Landscape& landscape, const Regulation& regulation, const fs::path& path) {
    TextWriter writer(path);
    writer.row({"peak", "gene_id", "gene_name", "distance", "weight"});
    for (const auto& link : regulation.links) {
        const auto& peak = landscape.peaks.intervals[static_cast<std::size_t>(link.peak)];
        const auto& gene = landscape.genes.genes[static_cast<std::size_t>(link.gene)];
        writer.row({landscape.peaks.name(static_cast<std::size_t>(link.peak)), gene.id, gene.name,
                    std::to_string(std::abs((peak.start + peak.end) / 2 - gene.tss())),
                    format_double(static_cast<double>(link.weight))});
    }
    writer.close();
}

void write_reference(const Landscape& landscape, const Regulation& regulation,
                     const SimulationParameters& parameters, const fs::path& path) {
    const auto profiles = reference_profiles(regulation, parameters);
    const auto genes = landscape.genes.size();
    TextWriter writer(path);
    std::vector<std::string> fields{"gene_name"};
    fields.insert(fields.end(), regulation.cell_types.begin(), regulation.cell_types.end());
    writer.row(fields);
    for (std::size_t g = 0; g < genes; ++g) {
        fields.assign(1, landscape.genes.genes[g].name);
        for (std::size_t t = 0; t < regulation.types(); ++t)
            fields.push_back(format_double(profiles[t * genes + g]));
        writer.row(fields);
    }
    writer.close();
}

void write_shared_files(const Landscape& landscape, const Regulation& regulation,
                        const SimulationParameters& parameters, const AtomicFolder& folder) {
    write_bed(landscape.peaks, folder / "peaks.bed");
    write_bed(landscape.blacklist, folder / "blacklist.bed");
    write_gene_table(landscape.genes, folder / "genes.tsv");
    write_gtf(landscape.genes, folder / "genes.gtf.gz");
    write_links(landscape, regulation, folder / "peak_gene.tsv");
    write_reference(landscape, regulation, parameters, folder / "reference.tsv");
    TextWriter sizes(folder / "chrom.sizes");
    for (std::uint32_t chrom = 0; chrom < landscape.chromosomes.size(); ++chrom)
        sizes.row({landscape.chromosomes.name(chrom), std::to_string(landscape.chromosomes.length(chrom))});
    sizes.close();
}

void write_truth(const SampleModel& model, const SampleNames& names, const fs::path& path) {
    TextWriter writer(path);
    writer.row({"barcode", "cell_type", "donor", "batch", "quality"});
    for (const auto& barcode : model.barcodes)
        writer.row({barcode.barcode,
                    barcode.cells.size() == 1 ? model.regulation.cell_types[barcode.cells[0].type] : "",
                    names.donor, names.batch, std::string(quality_name(barcode.quality))});
    writer.close();
}

struct FragmentsWritten {
    std::int64_t fragments = 0;
    std::vector<std::vector<CutCount>> cuts;  // by bin; empty if not asked for
};

struct FinishedBin {
    std::string blocks;
    std::int64_t fragments = 0;
};

// Bins are made in parallel, some at a time, and written in order.
FragmentsWritten write_fragments(const SampleModel& model, const std::string& sample, bool count,
                                 const fs::path& path, const RunContext& context) {
    const auto& bins = model.landscape.bins;
    FragmentsWritten written;
    written.cuts.resize(count ? bins.size() : 0);
    std::ofstream file(path, std::ios::binary);
    file << bgzf_compress("# id=" + sample + "\n# description=simulated\n");
    const auto wave = kBinsPerThread * static_cast<std::size_t>(context.threads);
    for (std::size_t first = 0; first < bins.size(); first += wave) {
        context.check_stop();
        std::vector<FinishedBin> finished(std::min(wave, bins.size() - first));
        parallel_for(finished.size(), context.threads, [&](std::size_t i) {
            const auto chrom = bins[first + i].chrom;
            const auto fragments = simulate_bin(model, first + i);
            finished[i].blocks = bgzf_compress(
                format_fragments(fragments, model.landscape.chromosomes.name(chrom), model.barcodes), kLevel);
            finished[i].fragments = static_cast<std::int64_t>(fragments.size());
            if (count) written.cuts[first + i] = count_cuts(fragments, chrom, model.landscape.peaks);
        });
        for (const auto& bin : finished) {
            file << bin.blocks;
            written.fragments += bin.fragments;
        }
        context.update("fragments of " + sample, static_cast<std::uint64_t>(written.fragments));
    }
    file << bgzf_end();
    file.close();
    if (!file) throw ResourceError(path.string(), "writing failed", "check the space on the disk");
    write_tabix_index(path, path.string() + ".tbi");
    return written;
}

// The rows' peaks as columns behind the genes: a fragment that crosses the end of a bin may cut a peak of the
// next.
std::vector<std::vector<std::pair<std::int32_t, double>>> cuts_by_barcode(
    const std::vector<std::vector<CutCount>>& cuts, std::size_t barcodes, std::size_t genes) {
    std::vector<std::vector<std::pair<std::int32_t, double>>> rows(barcodes);
    for (const auto& bin : cuts)
        for (const auto& count : bin)
            rows[count.barcode].emplace_back(static_cast<std::int32_t>(genes + count.peak), count.cuts);
    for (auto& row : rows) {
        std::sort(row.begin(), row.end());
        std::size_t kept = 0;
        for (const auto& entry : row) {
            if (kept > 0 && row[kept - 1].first == entry.first) {
                row[kept - 1].second += entry.second;
            } else {
                row[kept++] = entry;
            }
        }
        row.resize(kept);
    }
    return rows;
}

std::vector<Feature> features_of(const Landscape& landscape) {
    std::vector<Feature> features;
    for (const auto& gene : landscape.genes.genes)
        features.push_back({gene.id, gene.name, "Gene Expression",
                            gene.chrom + ":" + std::to_string(gene.start) + "-" + std::to_string(gene.end)});
    for (const auto& name : landscape.peaks.names()) features.push_back({name, name, "Peaks", name});
    return features;
}

void write_rna(const SampleModel& model, const FragmentsWritten& written, const std::string& sample,
               const fs::path& path, const RunContext& context) {
    const auto genes = model.landscape.genes.size();
    std::vector<std::vector<std::int32_t>> expression(model.barcodes.size());
    parallel_for(expression.size(), context.threads, [&](std::size_t i) {
        expression[i] =
            draw_expression(model.barcodes[i], model.regulation, model.sample, model.parameters, model.seed);
    });
    const auto peak_rows = cuts_by_barcode(written.cuts, model.barcodes.size(), genes);
    FeatureCounts counts;
    counts.name = sample;
    counts.features = features_of(model.landscape);
    counts.x.cols = static_cast<std::int64_t>(counts.features.size());
    std::vector<std::int32_t> columns;
    std::vector<double> values;
    for (std::size_t i = 0; i < model.barcodes.size(); ++i) {
        columns.clear();
        values.clear();
        for (std::size_t g = 0; g < genes; ++g) {
            if (expression[i][g] == 0) continue;
            columns.push_back(static_cast<std::int32_t>(g));
            values.push_back(expression[i][g]);
        }
        for (const auto& [column, value] : peak_rows[i]) {
            columns.push_back(column);
            values.push_back(value);
        }
        counts.x.add_row(columns, values);
        counts.barcodes.push_back(model.barcodes[i].barcode);
    }
    write_tenx_h5(counts, "simulated", path);
}

nlohmann::ordered_json options_of(const SimulationParameters& p, bool fragments_only) {
    return {{"samples", p.samples},
            {"cells", p.cells},
            {"peaks", p.peaks},
            {"genes", p.genes},
            {"cell_types", p.cell_types},
            {"batches", p.batches},
            {"donors", p.donors},
            {"depth", p.depth},
            {"background", p.background},
            {"background_depth", p.background_depth},
            {"low_quality", p.low_quality},
            {"doublets", p.doublets},
            {"peak_fraction", p.peak_fraction},
            {"variable_peaks", p.variable_peaks},
            {"lineage_effect", p.lineage_effect},
            {"type_effect", p.type_effect},
            {"state_effect", p.state_effect},
            {"donor_effect", p.donor_effect},
            {"batch_effect", p.batch_effect},
            {"rna_depth", p.rna_depth},
            {"fragments_only", fragments_only}};
}

}  // namespace

SimulateResult simulate(const SimulateOptions& options, const RunContext& context) {
    auto parameters = options.parameters;
    check_parameters(parameters);
    parameters.seed = context.seed;
    if (parameters.donors == 0) parameters.donors = parameters.samples;
    if (parameters.batches == 0) parameters.batches = std::min(2, parameters.samples);
    AtomicFolder folder(options.output, context.force);
    const auto landscape = make_landscape(parameters);
    const auto regulation = make_regulation(landscape, parameters);
    write_shared_files(landscape, regulation, parameters, folder);

    TextWriter sheet(folder / "samples.tsv");
    sheet.row({"sample", "fragments", "rna", "batch", "donor", "tissue", "labels"});
    SimulateResult result;
    for (int i = 0; i < parameters.samples; ++i) {
        const int donor = i % parameters.donors, batch = i % parameters.batches;
        const auto names = names_of(i, donor, batch);
        const auto sample = regulate_sample(landscape, regulation, parameters, donor, batch);
        const auto barcodes = draw_barcodes(sample, parameters, i);
        const SampleModel model{landscape,  regulation,
                                sample,     barcodes,
                                parameters, mix(parameters.seed, static_cast<std::uint64_t>(i) + 1)};
        const auto fragments = names.sample + ".fragments.tsv.gz", rna = names.sample + ".rna.h5";
        const auto written =
            write_fragments(model, names.sample, !options.fragments_only, folder / fragments, context);
        if (!options.fragments_only) write_rna(model, written, names.sample, folder / rna, context);
        write_truth(model, names, folder / (names.sample + ".truth.tsv"));
        sheet.row({names.sample, fragments, options.fragments_only ? "" : rna, names.batch, names.donor,
                   "simulated", ""});
        result.fragments += written.fragments;
        result.barcodes += static_cast<std::int64_t>(barcodes.size());
        context.note(names.sample + ": " + with_commas(static_cast<std::int64_t>(barcodes.size())) +
                     " barcodes, " + with_commas(written.fragments) + " fragments");
    }
    sheet.close();
    write_json(Provenance("simulate", options_of(parameters, options.fragments_only), context).full(),
               folder / "simulate.json");
    folder.commit();
    return result;
}

}  // namespace epi
