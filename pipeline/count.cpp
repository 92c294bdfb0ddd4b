#include "pipeline/count.hpp"

#include <array>
#include <optional>

#include "core/text.hpp"
#include "genome/known_genomes.hpp"
#include "io/atomic_output.hpp"
#include "io/cell_list.hpp"
#include "io/provenance.hpp"
#include "pipeline/count_cache.hpp"
#include "pipeline/count_output.hpp"
#include "pipeline/count_sample.hpp"
#include "pipeline/genome_check.hpp"

namespace epi {
namespace {

// With a cache as input: what was said of the files that it was made from, so that what is made of it is the
// same as what is made of them.
Provenance provenance_of(const CountOptions& options, const nlohmann::ordered_json& cached_sources,
                         const std::vector<FragmentFileSummary>& files, const RunContext& context) {
    constexpr std::array kRules{"signac", "arc", "insertion", "fragment"};
    nlohmann::ordered_json record{{"genome", options.genome},
                                  {"min_fragments", options.min_fragments},
                                  {"call_cells", options.call_cells},
                                  {"rule", kRules[static_cast<std::size_t>(options.rule)]},
                                  {"binarize", options.binarize},
                                  {"dedup", options.dedup},
                                  {"all_formulas", options.all_formulas},
                                  {"nucleosome_lines", options.nucleosome_lines},
                                  {"skip_bad_lines", options.skip_bad_lines},
                                  {"allow_truncated", options.allow_truncated}};
    Provenance provenance("count", std::move(record), context);
    if (cached_sources.is_null()) {
        for (std::size_t i = 0; i < files.size(); ++i)
            provenance.add_input(options.fragments[i], files[i].checksum);
    } else {
        provenance.add_inputs(cached_sources);
    }
    for (const auto* file : {&options.peaks, &options.genes, &options.tss, &options.blacklist,
                             &options.chrom_sizes, &options.cells})
        if (!file->empty()) provenance.add_input(*file);
    return provenance;
}

std::int64_t lines_of(const std::string& text) {
    if (text == "all") return kAllLines;
    if (text == "auto") return kLinesBySignac;
    const auto lines = parse_number<std::int64_t>(text);
    if (!lines || *lines <= 0)
        throw UsageError("--nucleosome-lines", "'" + text + "' is no number of lines",
                         "give all, auto or a number");
    return *lines;
}

CountPlan plan_of(const CountOptions& options) {
    CountPlan plan;
    plan.fragments = options.fragments;
    plan.checksums = true;
    plan.cache = options.cache;
    plan.peaks = read_bed(options.peaks);
    plan.peaks_name = options.peaks.string();
    if (!options.genome.empty()) {
        auto known = known_genome(options.genome);
        plan.genes = std::move(known.genes);
        plan.sizes = std::move(known.sizes);
    }
    if (!options.genes.empty()) plan.genes = read_genes(options.genes);
    if (!options.tss.empty()) plan.tss = read_genes(options.tss);
    if (!options.blacklist.empty()) plan.blacklist = read_bed(options.blacklist);
    if (!options.chrom_sizes.empty()) plan.sizes = read_chrom_sizes(options.chrom_sizes);
    if (!options.cells.empty()) plan.cells = read_cell_list(options.cells);
    plan.cells_name = options.cells.string();
    plan.min_fragments = options.min_fragments;
    plan.call_cells = options.call_cells;
    plan.rule = options.rule;
    plan.dedup = options.dedup;
    plan.all_formulas = options.all_formulas;
    plan.nucleosome_lines = lines_of(options.nucleosome_lines);
    plan.skip_bad_lines = options.skip_bad_lines;
    plan.allow_truncated = options.allow_truncated;
    return plan;
}

void check_usage(const CountOptions& options) {
    if (options.peaks.empty())
        throw UsageError("--peaks", "no peaks are given",
                         "give a BED file; or --cache alone, to make a cache only");
    if (options.output.empty()) throw UsageError("--output", "no output folder is given", "give -o FOLDER");
    if (options.genes.empty() && options.genome.empty())
        throw UsageError("--genes", "neither genes nor a genome is given",
                         "give --genes FILE (GTF, BED6 or gene table) or --genome hg38|hg19|mm10");
}

}  // namespace

CountResult run_count(const CountOptions& given, const RunContext& context) {
    if (given.peaks.empty() && given.output.empty() && !given.cache.empty())
        return write_cache_only(given, context);
    check_usage(given);
    refuse_existing(given.output, context.force);
    if (!given.cache.empty()) refuse_existing(given.cache, context.force);
    auto options = given;
    const auto cached = take_from_cache(options);
    const auto plan = plan_of(options);
    auto counts = count_sample(plan, context);
    const auto genome_check = check_genome(plan, counts, options.genome, context);
    context.check_stop();
    const CountResult result{counts.fragments, static_cast<std::int64_t>(counts.qc.size()), counts.peaks.rows,
                             static_cast<std::int64_t>(plan.peaks.size()),
                             static_cast<std::int64_t>(counts.activity_genes.size())};
    AtomicFolder folder(options.output, context.force);
    const auto provenance = provenance_of(options, cached, counts.files, context);
    context.check_stop();
    std::optional<AtomicFile> cache;
    if (counts.cache) {
        cache.emplace(options.cache, context.force);
        counts.cache->write(cache->temporary_path(), sources_in(provenance, options), context);
        counts.cache.reset();
    }
    const auto entries = write_counts(counts, plan, options, provenance.stable(), context.threads, folder);
    context.check_stop();
    auto json = provenance.full();
    if (!cached.is_null()) json["from_cache"] = options.fragments.front().string();
    add_totals(json, counts, entries, options);
    if (!genome_check.is_null()) json["genome_check"] = genome_check;
    write_json(json, folder / "count.json");
    if (cache) cache->commit();
    folder.commit();
    context.note(with_commas(result.fragments) + " fragments of " + with_commas(result.barcodes) +
                 " barcodes; " + with_commas(result.cells) + " cells x " + with_commas(result.peaks) +
                 " peaks and " + with_commas(result.genes) + " genes");
    if (result.cells == 0 && options.call_cells)
        context.warn("no cells can be called: the matrices have no row; give --cells or --min-fragments");
    else if (result.cells == 0)
        context.warn("no barcode has " + with_commas(options.min_fragments) +
                     " fragments: the matrices have no row; lower --min-fragments or give --cells");
    return result;
}

}  // namespace epi
