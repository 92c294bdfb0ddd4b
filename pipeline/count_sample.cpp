#include "pipeline/count_sample.hpp"

#include <algorithm>
#include <limits>

#include "core/parallel.hpp"
#include "core/text.hpp"
#include "counts/gene_activity.hpp"
#include "counts/overlap_counter.hpp"
#include "fragments/duplicate_filter.hpp"
#include "genome/contig_names.hpp"
#include "pipeline/qc_columns.hpp"
#include "qc/tss_enrichment.hpp"

namespace epi {
namespace {

constexpr std::size_t kBatch = 1U << 16;

// Peaks, genes, TSSs and blacklist on one set of chromosomes, under the peaks' names.
struct Regions {
    Chromosomes chromosomes;
    GeneActivityRanges activity;
    std::vector<Tss> sites;
    std::vector<Interval> blacklist;
};

// Chromosome numbers of the given names; new names are added to `chromosomes`.
std::vector<std::uint32_t> place_names(Chromosomes& chromosomes, const std::vector<std::string_view>& names,
                                       std::string_view place) {
    ContigNames contigs(chromosomes);
    std::vector<std::uint32_t> ids;
    ids.reserve(names.size());
    for (const auto name : names) ids.push_back(contigs.id(name, place));
    chromosomes = contigs.chromosomes();
    return ids;
}

std::vector<std::string_view> chromosomes_of(const GeneTable& table) {
    std::vector<std::string_view> names;
    for (const auto& gene : table.genes) names.push_back(gene.chrom);
    return names;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& names) {
    return {names.begin(), names.end()};
}

Regions arrange(const CountPlan& plan) {
    Regions regions;
    auto& chromosomes = regions.chromosomes;
    chromosomes = plan.peaks.chromosomes;
    const auto gene_chroms = place_names(chromosomes, chromosomes_of(plan.genes), "the genes");
    regions.activity = gene_activity_ranges(plan.genes, gene_chroms);
    const GeneTable& tss = plan.tss ? *plan.tss : plan.genes;
    const auto tss_chroms =
        plan.tss ? place_names(chromosomes, chromosomes_of(tss), "the TSSs") : gene_chroms;
    for (std::size_t i = 0; i < tss.size(); ++i) {
        const Gene& gene = tss.genes[i];
        if (is_mitochondrial(gene.chrom) || (!plan.tss && !is_protein_coding(tss, gene))) continue;
        regions.sites.push_back({tss_chroms[i], gene.tss(), gene.strand == '-'});
    }
    const auto listed =
        place_names(chromosomes, views_of(plan.blacklist.chromosomes.names()), "the blacklist");
    for (const auto& interval : plan.blacklist.intervals)
        regions.blacklist.push_back({listed[interval.chrom], interval.start, interval.end});
    const auto sized = place_names(chromosomes, views_of(plan.sizes.names()), "the chromosome sizes");
    for (std::uint32_t i = 0; i < sized.size(); ++i)
        chromosomes.add(chromosomes.name(sized[i]), plan.sizes.length(i));
    return regions;
}

// Everything that counts, and the one loop that feeds it.
class Pass {
  public:
    Pass(const CountPlan& plan, Regions regions, const RunContext& context)
        : plan_(plan),
          context_(context),
          reader_(plan.fragments, regions.chromosomes, plan.cells.value_or(std::vector<std::string>())),
          duplicates_(context.memory_bytes),
          qc_(TssIndex(regions.sites, regions.chromosomes.size()),
              IntervalIndex(regions.blacklist, regions.chromosomes.size()), regions.chromosomes),
          peaks_(plan.peaks.intervals, plan.peaks.chromosomes.size(), plan.rule, barcode_limit()),
          genes_(regions.activity.intervals, regions.chromosomes.size(), CountingRule::Signac,
                 barcode_limit()),
          regions_(std::move(regions)) {}

    // While the counters work on one batch, the reader fills the other: the counters share nothing, so the
    // threads change nothing.
    void run() {
        FragmentBatch now, next;
        bool more = read(now);
        while (more) {
            context_.check_stop();
            context_.update("fragments", static_cast<std::uint64_t>(fragments_));
            parallel_for(4, std::min(context_.threads, 4), [&](std::size_t task) {
                if (task == 0) more = read(next);
                if (task == 1) qc_.consume(now);
                if (task == 2) peaks_.consume(now);
                if (task == 3 && plan_.gene_activity) genes_.consume(now);
            });
            std::swap(now, next);
        }
    }

    SampleCounts result();

  private:
    std::uint32_t barcode_limit() const {
        return plan_.cells ? static_cast<std::uint32_t>(plan_.cells->size())
                           : std::numeric_limits<std::uint32_t>::max();
    }
    bool read(FragmentBatch& batch) {
        const bool any = reader_.next(batch, kBatch);
        fragments_ += static_cast<std::int64_t>(batch.size());
        if (plan_.dedup) duplicates_.filter(batch);
        return any;
    }
    std::vector<std::uint32_t> rows() const;
    void add_qc(const std::vector<std::uint32_t>& cells, SampleCounts& counts) const;
    void add_contigs(SampleCounts& counts) const;
    void check_chromosomes() const;
    void check_cells(SampleCounts& counts) const;

    const CountPlan& plan_;
    const RunContext& context_;
    FragmentReader reader_;
    DuplicateFilter duplicates_;
    FragmentQc qc_;
    OverlapCounter peaks_, genes_;
    Regions regions_;
    std::int64_t fragments_ = 0;
};

// Barcode numbers of the matrix rows.
std::vector<std::uint32_t> Pass::rows() const {
    std::vector<std::uint32_t> rows;
    if (plan_.cells) {
        for (std::uint32_t i = 0; i < plan_.cells->size(); ++i) rows.push_back(i);
        return rows;
    }
    for (const auto barcode : qc_.order())
        if (qc_.barcodes()[barcode].fragments >= plan_.min_fragments) rows.push_back(barcode);
    return rows;
}

void Pass::check_chromosomes() const {
    const auto& seen = qc_.contig_fragments();
    for (std::uint32_t i = 0; i < plan_.peaks.chromosomes.size(); ++i)
        if (seen[i] > 0) return;
    std::string first;
    for (std::uint32_t i = 0; i < seen.size() && first.empty(); ++i)
        if (seen[i] > 0) first = reader_.contigs().name(i);
    throw InputError(plan_.fragments.front().string(),
                     "no chromosome is shared with " + plan_.peaks_name + " (here '" + first + "', there '" +
                         plan_.peaks.chromosomes.name(0) + "')",
                     "give peaks of the same genome");
}

void Pass::check_cells(SampleCounts& counts) const {
    if (!plan_.cells) return;
    const auto& barcodes = qc_.barcodes();
    for (std::size_t i = 0; i < plan_.cells->size(); ++i)
        if (i >= barcodes.size() || barcodes[i].fragments == 0) ++counts.listed_cells_without_fragments;
    if (counts.listed_cells_without_fragments < std::ssize(*plan_.cells)) return;
    throw InputError(plan_.fragments.front().string(),
                     "has no fragment of any cell of " + plan_.cells_name + " (here '" +
                         std::string(reader_.barcodes().name(qc_.order().front())) + "', there '" +
                         plan_.cells->front() + "')",
                     "name the cells as the fragment file does");
}

void Pass::add_qc(const std::vector<std::uint32_t>& cells, SampleCounts& counts) const {
    std::vector<std::uint64_t> flanks;
    const auto& barcodes = qc_.barcodes();
    for (const auto cell : cells) flanks.push_back(cell < barcodes.size() ? barcodes[cell].tss_flank : 0);
    counts.mean_tss_flank = mean_tss_flank(flanks);
    auto order = qc_.order();
    for (std::uint32_t i = 0; plan_.cells && i < plan_.cells->size(); ++i)
        if (i >= barcodes.size() || barcodes[i].fragments == 0) order.push_back(i);
    const QcSource source{reader_.barcodes(), barcodes, peaks_.totals(), counts.mean_tss_flank};
    counts.qc = qc_columns(source, order);
    counts.cells = qc_columns(source, cells);
}

void Pass::add_contigs(SampleCounts& counts) const {
    const auto& seen = qc_.contig_fragments();
    for (auto i = regions_.chromosomes.size(); i < seen.size(); ++i)
        counts.unknown_contigs.emplace_back(reader_.contigs().name(static_cast<std::uint32_t>(i)), seen[i]);
    counts.beyond_chromosome_end = qc_.beyond_end();
    counts.renamed_chromosomes = reader_.renamed();
}

SampleCounts Pass::result() {
    check_chromosomes();
    SampleCounts counts;
    check_cells(counts);
    const auto cells = rows();
    add_qc(cells, counts);
    add_contigs(counts);
    counts.peaks = peaks_.matrix(cells);
    counts.gene_activity = genes_.matrix(cells);
    counts.activity_genes = std::move(regions_.activity.genes);
    counts.sizes = qc_.sizes();
    counts.tss_profile = qc_.tss_profile();
    counts.duplicates_dropped = duplicates_.dropped();
    counts.fragments = fragments_;
    counts.tss_sites = regions_.sites.size();
    counts.files = reader_.files();
    return counts;
}

void tell(const SampleCounts& counts, const RunContext& context) {
    for (const auto& file : counts.files)
        if (file.first_unsorted_line > 0)
            context.note(at_line(file.name, file.first_unsorted_line) +
                         ": the rows are not sorted; this only costs time");
    if (!counts.renamed_chromosomes.empty()) {
        const auto& [from, to] = counts.renamed_chromosomes.front();
        context.note("chromosomes are named in another style than the peaks; took '" + from + "' as '" + to +
                     "' and so on");
    }
    if (counts.beyond_chromosome_end > 0)
        context.warn(with_commas(counts.beyond_chromosome_end) +
                     " fragments end beyond the end of their chromosome; is this the right genome?");
    if (counts.listed_cells_without_fragments > 0)
        context.warn(with_commas(counts.listed_cells_without_fragments) + " listed cells have no fragment");
}

}  // namespace

SampleCounts count_sample(const CountPlan& plan, const RunContext& context) {
    check(plan.peaks.size() > 0, "count_sample: at least one peak");
    Pass pass(plan, arrange(plan), context);
    pass.run();
    auto counts = pass.result();
    tell(counts, context);
    return counts;
}

}  // namespace epi
