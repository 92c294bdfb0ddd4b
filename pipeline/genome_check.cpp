#include "pipeline/genome_check.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "fragments/cache_scan.hpp"
#include "fragments/fragment_line.hpp"
#include "io/line_reader.hpp"
#include "qc/genome_fit.hpp"

namespace epi {
namespace {

constexpr double kNoDoubt = 4, kClear = 3, kBetter = 2;
constexpr std::int64_t kFragmentsLookedAt = 2'000'000, kFewestCuts = 30;

void look_at(const std::filesystem::path& path, std::int64_t most, std::vector<GenomeFit>& fits,
             const RunContext& context) {
    try {
        LineReader lines(path);
        std::string_view line;
        FragmentLine fragment;
        for (std::int64_t n = 0; n < most && lines.next(line);) {
            if (line.starts_with('#') || !parse_fragment(line, fragment)) continue;
            if (++n % 65536 == 0) context.check_stop();
            for (auto& fit : fits) fit.add(fragment.chrom, fragment.start, fragment.end);
        }
    } catch (const InputError&) {
        // The pass has got over what is wrong here and said so (--allow-truncated, --skip-bad-lines).
    }
}

// Looks at the first fragments of each file that a cache holds.
class CacheLook final : public FragmentSink {
  public:
    CacheLook(const FragmentCache& cache, std::vector<GenomeFit>& fits)
        : most_(kFragmentsLookedAt / std::ssize(cache.directory().files)), fits_(fits) {
        for (const auto& file : cache.directory().files)
            for (const auto& contig : file.contigs) contigs_.add(contig);
    }
    void begin_chunk(std::uint64_t order) override {
        if (order >> 52 != file_) seen_ = 0;
        file_ = order >> 52;
    }
    void consume(FragmentBatch& batch) override {
        for (std::size_t i = 0; i < batch.size && seen_ < most_; ++i, ++seen_)
            for (auto& fit : fits_) fit.add(contigs_.name(batch.chrom), batch.start[i], batch.end[i]);
    }

  private:
    std::int64_t most_, seen_ = 0;
    std::uint64_t file_ = 0;
    Chromosomes contigs_;
    std::vector<GenomeFit>& fits_;
};

std::vector<GenomeFit> fits_of(const CountPlan& plan, const RunContext& context) {
    std::vector<GenomeFit> fits;
    for (const auto& name : known_genome_names()) fits.emplace_back(name, known_genome(name));
    if (is_fragment_cache(plan.fragments.front())) {
        const FragmentCache cache(plan.fragments.front());
        CacheLook look(cache, fits);
        scan_fragment_cache(cache, {}, {&look}, context);
        return fits;
    }
    for (const auto& path : plan.fragments)
        look_at(path, kFragmentsLookedAt / std::ssize(plan.fragments), fits, context);
    return fits;
}

// What speaks for another genome, or nothing.
std::string reason_for(const GenomeFit& fit, const GenomeFit* own, double here, const SampleCounts& counts) {
    const auto there = pooled_tss_enrichment(fit.profile());
    if (cuts_at_starts(fit.profile()) >= kFewestCuts && there >= kClear && there >= kBetter * here)
        return "TSS enrichment is " + format_fixed(here, 1) + " with the genes given, but " +
               format_fixed(there, 1) + " at the gene starts of " + fit.name();
    if (counts.beyond_chromosome_end > 0 && own != nullptr && own->beyond_end() > 0 &&
        fit.beyond_end() == 0 && fit.fragments() >= own->fragments() && there >= here)
        return "on the chromosomes of " + fit.name() + " no fragment ends beyond the end";
    return {};
}

}  // namespace

nlohmann::ordered_json check_genome(const CountPlan& plan, const SampleCounts& counts,
                                    const std::string& genome, const RunContext& context) {
    const auto here = pooled_tss_enrichment(counts.tss_profile);
    const bool readable =
        !plan.fragments.empty() && std::none_of(plan.fragments.begin(), plan.fragments.end(),
                                                [](const auto& path) { return path == "-"; });
    if (!readable || (counts.beyond_chromosome_end == 0 && here >= kNoDoubt)) return nullptr;
    const auto fits = fits_of(plan, context);
    const auto own =
        std::find_if(fits.begin(), fits.end(), [&](const auto& f) { return f.name() == genome; });
    nlohmann::ordered_json json{{"tss_enrichment", here}};
    const GenomeFit* best = nullptr;
    std::string best_reason;
    for (const auto& fit : fits) {
        const auto there = pooled_tss_enrichment(fit.profile());
        json["known"][fit.name()] = {{"fragments", fit.fragments()},
                                     {"beyond_chromosome_end", fit.beyond_end()},
                                     {"tss_enrichment", there}};
        if (fit.name() == genome) continue;
        const auto reason = reason_for(fit, own == fits.end() ? nullptr : &*own, here, counts);
        if (reason.empty() || (best != nullptr && there <= pooled_tss_enrichment(best->profile()))) continue;
        best = &fit;
        best_reason = reason;
    }
    if (best != nullptr) {
        json["likelier"] = best->name();
        context.warn(best_reason + ": these are likely fragments of " + best->name() +
                     "; give peaks, genes and --genome of it");
    }
    return json;
}

}  // namespace epi
