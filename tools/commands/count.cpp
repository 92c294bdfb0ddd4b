#include "pipeline/count.hpp"

#include <map>

#include "genome/known_genomes.hpp"
#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_count(CLI::App& app, CountOptions& options) {
    const std::map<std::string, CountingRule> rules{{"signac", CountingRule::Signac},
                                                    {"arc", CountingRule::Arc},
                                                    {"insertion", CountingRule::Insertion},
                                                    {"fragment", CountingRule::Fragment}};
    app.add_option(
        "FRAGMENTS", options.fragments,
        "fragment files of one sample: text, gzip or bgzip, rows in any order; - is standard input");
    app.add_option("--from-cache", options.from_cache,
                   "a fragment cache in place of FRAGMENTS: the same results, several times as fast");
    app.add_option("--cache", options.cache,
                   "write a fragment cache as well; without --peaks and -o nothing else");
    app.add_option("--peaks", options.peaks, "BED; a column for each of its lines, in its order");
    app.add_option("--genes", options.genes, "GTF, gene table or BED6: gene activity and TSSs");
    app.add_option("--genome", options.genome, "genes and chromosome sizes where no file gives them")
        ->check(CLI::IsMember(known_genome_names()));
    app.add_option("--tss", options.tss, "BED6, a TSS each line, instead of the protein-coding genes' own");
    app.add_option("--blacklist", options.blacklist, "BED: fragments in it are counted apart, not dropped");
    app.add_option("--chrom-sizes", options.chrom_sizes, "chromosome and length: warns of the wrong genome");
    auto* cells = app.add_option(
        "--cells", options.cells,
        "rows of the matrices: one barcode a line, or a table with 'barcode' and 'kept' or 'is_cell'");
    auto* fewest = app.add_option("--min-fragments", options.min_fragments,
                                  "without --cells: rows are the barcodes with as many fragments")
                       ->check(CLI::NonNegativeNumber);
    app.add_flag("--call-cells", options.call_cells,
                 "rows are the barcodes above a tenth of the richest ones' fragments (OrdMag)")
        ->excludes(cells)
        ->excludes(fewest);
    app.add_option(
           "--rule", options.rule,
           "what a fragment counts in a peak: signac 1 if they overlap; arc its cut sites start and end; "
           "insertion start and end-1; fragment 1 if one of these two is inside")
        ->transform(CLI::CheckedTransformer(rules))
        ->default_str("signac");
    app.add_flag("--binarize", options.binarize, "ones instead of counts in peaks.h5ad");
    app.add_flag("--all-formulas", options.all_formulas,
                 "QC columns as ArchR, SnapATAC2, pycisTopic and Signac (fast = FALSE) define them, too");
    app.add_option(
        "--nucleosome-lines", options.nucleosome_lines,
        "lines of each file that nucleosome_signal looks at: all, a number, or auto (Signac's: the "
        "first 5,000 for each cell)");
    app.add_option("--skip-bad-lines", options.skip_bad_lines,
                   "leave out as many lines that hold no fragment")
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--allow-truncated", options.allow_truncated,
                 "take what is whole of a bgzip file whose end is missing");
    app.add_flag("--dedup", options.dedup, "count equal rows once");
    add_output(app, options.output,
               "the folder to write: qc.tsv.gz, peaks.h5ad, gene_activity.h5ad, fragment_sizes.tsv, "
               "tss_profile.tsv, count.json")
        ->required(false);
}

void execute_count(const CountOptions& options, const RunContext& context) {
    run_count(options, context);
}

}  // namespace

void add_count_command(CommandLine& line) {
    line.add_command<CountOptions>(
        {"count",
         "Count fragments in peaks and genes, with the quality of every barcode, in one pass",
         {"epifoundry count fragments.tsv.gz --peaks peaks.bed --genes genes.gtf.gz -o counts/",
          "epifoundry count lane1.tsv.gz lane2.tsv.gz --peaks peaks.bed --genome hg38 --cells c.tsv -o out/",
          "epifoundry count fragments.tsv.gz --peaks peaks.bed --genome hg38 --call-cells -o counts/",
          "epifoundry count fragments.tsv.gz --cache sample.cache",
          "epifoundry count --from-cache sample.cache --peaks peaks.bed --genome hg38 -o counts/"}},
        bind_count, execute_count);
}

}  // namespace epi
