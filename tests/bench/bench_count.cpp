// Measures the counting engine: see count.py.
#include <sys/resource.h>

#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "pipeline/count_sample.hpp"
#include "pipeline/recount.hpp"

namespace {

int usage() {
    std::fputs(
        "usage: bench_count pass FRAGMENTS PEAKS GENES THREADS peaks|genes | "
        "recount CACHE BED THREADS\n",
        stderr);
    return 2;
}

// Quality of all barcodes and all pairs of barcode and peak (and gene), from the fragments or a cache of
// them; nothing is written.
int pass(const std::vector<std::string>& args) {
    epi::CountPlan plan;
    plan.fragments = {args.at(0)};
    plan.peaks = epi::read_bed(args.at(1));
    plan.genes = epi::read_genes(args.at(2));
    plan.gene_activity = args.at(4) == "genes";
    epi::RunContext context;
    context.threads = epi::parse_number<int>(args.at(3)).value_or(1);
    const auto counts = epi::count_sample(plan, context);
    rusage use;
    getrusage(RUSAGE_SELF, &use);
    std::printf("%lld fragments, %lld cells, %.0f MB\n", static_cast<long long>(counts.fragments),
                static_cast<long long>(counts.peaks.rows), static_cast<double>(use.ru_maxrss) / 1024);
    return 0;
}

// The matrix of peaks from a cache; nothing is written.
int recount(const std::vector<std::string>& args) {
    epi::RecountPlan plan;
    plan.cache = args.at(0);
    plan.peaks = epi::read_bed(args.at(1));
    epi::RunContext context;
    context.threads = epi::parse_number<int>(args.at(2)).value_or(1);
    const auto counts = epi::recount_peaks(plan, context);
    rusage use;
    getrusage(RUSAGE_SELF, &use);
    std::printf("%zu cells, %lld entries of peaks, %.0f MB\n", counts.cells.size(),
                static_cast<long long>(counts.peaks.nonzeros()), static_cast<double>(use.ru_maxrss) / 1024);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    try {
        if (args.size() == 6 && args[0] == "pass") return pass({args.begin() + 1, args.end()});
        if (args.size() == 4 && args[0] == "recount") return recount({args.begin() + 1, args.end()});
        return usage();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_count: %s\n", error.what());
        return 1;
    }
}
