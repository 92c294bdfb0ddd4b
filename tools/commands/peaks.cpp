#include "pipeline/peaks.hpp"

#include "tools/command.hpp"
#include "tools/commands/commands.hpp"

namespace epi {
namespace {

void bind_peaks(CLI::App& app, PeaksOptions& options) {
    app.add_option("inputs", options.inputs,
                   "Called peaks: narrowPeak or BED, plain or gzip; or counts, for their peaks (10x .h5, "
                   ".h5ad, .h5mu)")
        ->required();
    add_output(app, options.output, "BED file to write");
    app.add_option("--chrom-sizes", options.chrom_sizes,
                   "Names and lengths of chromosomes, in the order to write");
    app.add_option("--blacklist", options.blacklist,
                   "BED of regions; peaks that overlap one are dropped whole");
}

void run_peaks(const PeaksOptions& options, const RunContext& context) {
    peaks(options, context);
}

}  // namespace

void add_peaks_command(CommandLine& line) {
    line.add_command<PeaksOptions>(
        {"peaks",
         "Make one clean peak set of called peaks: standard chromosomes, blacklist, merge",
         {"epifoundry peaks all_peaks.narrowPeak --chrom-sizes hg38.chrom.sizes --blacklist "
          "hg38.blacklist.bed -o "
          "peaks.bed",
          "epifoundry peaks one.bed two.bed.gz -o peaks.bed"}},
        bind_peaks, run_peaks);
}

}  // namespace epi
