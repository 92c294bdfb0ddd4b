#include "pipeline/fragments.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_fragments(CLI::App& app, FragmentsOptions& options) {
    app.add_option(
           "READS", options.inputs,
           "BAM, SAM or CRAM files of one sample, reads in any order; - is standard input. Or fragment "
           "caches, to write their fragments again")
        ->required();
    auto* tag = app.add_option("--barcode-tag", options.barcode_tag, "the tag that holds the barcode");
    app.add_option("--barcode-regex", options.barcode_regex,
                   "the barcode is the first group of this in the read's name, as in '^([ACGTN]+):'")
        ->excludes(tag);
    app.add_option(
        "--shift", options.shift,
        "bases added to the start and the end of a fragment; 0,0 for reads that were moved already");
    app.add_option("--min-mapq", options.filter.min_mapq, "mapping quality that both reads need")
        ->check(CLI::Range(0, 255));
    app.add_option("--max-length", options.max_length, "leave out longer fragments")
        ->check(CLI::PositiveNumber);
    app.add_flag("--improper-pairs", options.filter.improper_pairs,
                 "also pairs that the aligner did not call proper");
    app.add_flag("--single-end", options.filter.single_end,
                 "each read by itself: a row is its aligned bases, with the strand as sixth column");
    app.add_flag("--keep-duplicates", options.keep_duplicates, "a row for each pair, not for each molecule");
    app.add_flag("--drop-marked-duplicates", options.filter.drop_marked_duplicates,
                 "leave out reads that the file marks as duplicates, instead of counting them in column 5");
    app.add_flag("--drop-mitochondrial", options.drop_mitochondrial, "leave out chrM, MT, M");
    add_output(
        app, options.output,
        "the file to write: NAME.tsv.gz, with NAME.tsv.gz.tbi and .json; of a cache any name, without .tbi");
}

void execute_fragments(const FragmentsOptions& options, const RunContext& context) {
    make_fragments(options, context);
}

}  // namespace

void add_fragments_command(CommandLine& line) {
    line.add_command<FragmentsOptions>(
        {"fragments",
         "Make a fragment file of aligned reads",
         {"epifoundry fragments possorted.bam -o sample.fragments.tsv.gz",
          "epifoundry fragments reads.bam --barcode-regex '^([ACGTN]+):' --min-mapq 30 -o "
          "sample.fragments.tsv.gz",
          "epifoundry fragments sample.cache -o sample.fragments.tsv"}},
        bind_fragments, execute_fragments);
}

}  // namespace epi
