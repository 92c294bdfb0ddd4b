#include "pipeline/count_sample.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>

#include "core/parallel.hpp"
#include "core/text.hpp"
#include "counts/overlap_counter.hpp"
#include "fragments/cache_scan.hpp"
#include "fragments/distinct_fragments.hpp"
#include "fragments/fragment_scan.hpp"
#include "pipeline/count_notes.hpp"
#include "pipeline/count_regions.hpp"
#include "pipeline/qc_columns.hpp"
#include "qc/tss_enrichment.hpp"

namespace epi {
namespace {

// Counts what one thread reads.
class Lane final : public FragmentSink {
  public:
    Lane(const QcRegions& regions, OverlapCounter peaks, std::optional<OverlapCounter> genes,
         std::optional<FormulaCounter> formulas, FragmentSink* cache)
        : qc_(regions),
          peaks_(std::move(peaks)),
          genes_(std::move(genes)),
          formulas_(std::move(formulas)),
          cache_(cache) {}

    void consume(FragmentBatch& batch) override {
        if (cache_ != nullptr) cache_->consume(batch);
        peaks_.consume_peaks(batch);
        if (genes_) genes_->consume(batch);
        if (formulas_) formulas_->consume(batch);
        qc_.consume(batch);
    }
    void begin_chunk(std::uint64_t order) override {
        if (cache_ != nullptr) cache_->begin_chunk(order);
        peaks_.begin(order);
        if (genes_) genes_->begin(order);
    }
    void end_chunk(std::uint64_t order) override {
        if (cache_ != nullptr) cache_->end_chunk(order);
        peaks_.flush();
        if (genes_) genes_->flush();
    }
    FragmentQc& qc() { return qc_; }
    const std::optional<FormulaCounter>& formulas() const { return formulas_; }

  private:
    FragmentQc qc_;
    OverlapCounter peaks_;
    std::optional<OverlapCounter> genes_;
    std::optional<FormulaCounter> formulas_;
    FragmentSink* cache_;
};

// Counts lengths among the first lines of each file.
class FirstLines final : public FragmentSink {
  public:
    FirstLines(const std::unordered_map<std::uint64_t, std::int64_t>& before, std::int64_t lines)
        : before_(before), lines_(lines) {}
    void begin_chunk(std::uint64_t order) override { next_ = before_.at(order); }
    void consume(FragmentBatch& batch) override {
        for (std::size_t i = 0; i < batch.size && next_ < lines_; ++i, ++next_) {
            if (batch.barcode[i] >= counts_.size()) counts_.resize(batch.barcode[i] + std::size_t{1});
            const auto length = batch.end[i] - batch.start[i];
            if (length < kNucleosome) ++counts_[batch.barcode[i]][0];
            if (length > kNucleosome && length < kTwoNucleosomes) ++counts_[batch.barcode[i]][1];
        }
    }
    const std::vector<std::array<std::uint32_t, 2>>& counts() const { return counts_; }

  private:
    const std::unordered_map<std::uint64_t, std::int64_t>& before_;
    std::int64_t lines_, next_ = 0;
    std::vector<std::array<std::uint32_t, 2>> counts_;
};

// Whether the number of each barcode of a lane is its number in the sample.
bool keeps_numbers(const std::vector<std::uint32_t>& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (ids[i] != i) return false;
    return true;
}

// Everything that counts.
class Pass {
  public:
    Pass(const CountPlan& plan, CountRegions regions, const RunContext& context)
        : plan_(plan),
          context_(context),
          regions_(std::move(regions)),
          qc_regions_{TssIndex(regions_.sites, regions_.chromosomes.size()),
                      IntervalIndex(regions_.blacklist, regions_.chromosomes.size())},
          peak_index_(plan.peaks.intervals, plan.peaks.chromosomes.size()),
          gene_index_(regions_.activity.intervals, regions_.chromosomes.size()),
          peak_pairs_(std::make_unique<PairStore>(plan.peaks.size(), context.memory_bytes / 2)),
          gene_pairs_(
              std::make_unique<PairStore>(regions_.activity.intervals.size(), context.memory_bytes / 2)),
          formula_sites_(plan.all_formulas ? regions_.sites : std::vector<Tss>(),
                         regions_.chromosomes.size()),
          qc_(qc_regions_),
          formulas_(formula_sites_) {
        if (plan.fragments.size() == 1 && is_fragment_cache(plan.fragments.front()))
            cache_.emplace(plan.fragments.front());
    }

    void run();
    SampleCounts result();

  private:
    std::vector<std::uint32_t> rows(SampleCounts& counts) const;
    ScanResult scan(const std::vector<FragmentSink*>& sinks) const;
    void scan_distinct(const std::vector<FragmentSink*>& sinks);
    std::vector<std::array<std::uint32_t, 2>> count_first_lines(std::int64_t lines);
    double mean_full_flank(const std::vector<std::uint32_t>& cells) const;
    void add_qc(const std::vector<std::uint32_t>& cells, SampleCounts& counts);
    void add_contigs(SampleCounts& counts) const;
    void check_chromosomes() const;
    void check_cells(SampleCounts& counts) const;
    PendingRows matrix(std::unique_ptr<PairStore> pairs, const std::vector<std::uint32_t>& cells) const;
    std::int64_t seen_on(std::size_t contig) const {
        return contig < qc_.contig_fragments().size() ? qc_.contig_fragments()[contig] : 0;
    }

    const CountPlan& plan_;
    const RunContext& context_;
    CountRegions regions_;
    QcRegions qc_regions_;
    IntervalIndex peak_index_, gene_index_;
    std::unique_ptr<PairStore> peak_pairs_, gene_pairs_;
    FormulaSites formula_sites_;
    std::int64_t duplicates_ = 0;
    ScanResult scan_;
    FragmentQc qc_;
    FormulaCounter formulas_;
    std::optional<FragmentCache> cache_;            // that is read
    std::unique_ptr<FragmentCacheWriter> written_;  // that will be written
};

ScanResult Pass::scan(const std::vector<FragmentSink*>& sinks) const {
    auto cells = plan_.cells.value_or(std::vector<std::string>());
    if (cache_)
        return scan_fragment_cache(*cache_, {regions_.chromosomes, std::move(cells)}, sinks, context_);
    ScanOptions options{plan_.fragments, regions_.chromosomes, std::move(cells), plan_.skip_bad_lines, {}};
    options.text.allow_truncated = plan_.allow_truncated;
    options.text.one_stream = plan_.one_stream;
    options.text.checksum = plan_.checksums;
    return scan_fragments(options, sinks, context_);
}

// Equal fragments can be told when all have been read.
void Pass::scan_distinct(const std::vector<FragmentSink*>& sinks) {
    std::optional<FragmentSpool> own;
    if (!written_)
        own.emplace(temporary_folder(), "free space there, or name another folder with TMPDIR", sinks.size());
    auto& spool = written_ ? written_->spool() : *own;
    std::vector<FragmentSink*> spooling;
    for (std::size_t i = 0; i < sinks.size(); ++i) spooling.push_back(&spool.lane(i));
    scan_ = scan(spooling);
    if (written_) written_->end_scan(scan_);
    const auto cells = plan_.cells ? plan_.cells->size() : 0;
    duplicates_ = give_distinct_fragments(spool, scan_, cells, sinks, context_);
}

void Pass::run() {
    const auto threads = static_cast<std::size_t>(std::max(1, context_.threads));
    std::vector<std::unique_ptr<Lane>> lanes;
    if (!plan_.cache.empty()) written_ = std::make_unique<FragmentCacheWriter>(plan_.cache, threads);
    std::vector<FragmentSink*> sinks;
    for (std::size_t i = 0; i < threads; ++i) {
        std::optional<OverlapCounter> genes;
        std::optional<FormulaCounter> formulas;
        if (plan_.all_formulas) formulas.emplace(formula_sites_);
        if (plan_.gene_activity) genes.emplace(gene_index_, CountingRule::Signac, *gene_pairs_, i);
        lanes.push_back(std::make_unique<Lane>(
            qc_regions_, OverlapCounter(peak_index_, plan_.rule, *peak_pairs_, i), std::move(genes),
            std::move(formulas), written_ && !plan_.dedup ? &written_->lane(i) : nullptr));
        sinks.push_back(lanes.back().get());
    }
    if (plan_.dedup) {
        scan_distinct(sinks);
    } else {
        scan_ = scan(sinks);
        if (written_) written_->end_scan(scan_);
    }
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        if (i == 0 && keeps_numbers(scan_.id_of_lane[i]))
            qc_ = std::move(lanes[i]->qc());
        else
            qc_.add(lanes[i]->qc(), scan_.id_of_lane[i]);
        if (lanes[i]->formulas()) formulas_.add(*lanes[i]->formulas(), scan_.id_of_lane[i]);
        lanes[i].reset();
    }
}

// Barcode numbers of the matrix rows.
std::vector<std::uint32_t> Pass::rows(SampleCounts& counts) const {
    std::vector<std::uint32_t> rows;
    if (plan_.cells) {
        for (std::uint32_t i = 0; i < plan_.cells->size(); ++i) rows.push_back(i);
        return rows;
    }
    auto fewest = plan_.min_fragments;
    if (plan_.call_cells) {
        std::vector<std::int64_t> fragments;
        for (const auto barcode : scan_.order) fragments.push_back(qc_.barcodes()[barcode].fragments);
        counts.called = call_cells(std::move(fragments));
        fewest = counts.called.threshold;
        if (counts.called.cells == 0) return rows;
    }
    for (const auto barcode : scan_.order)
        if (qc_.barcodes()[barcode].fragments >= fewest) rows.push_back(barcode);
    return rows;
}

PendingRows Pass::matrix(std::unique_ptr<PairStore> pairs, const std::vector<std::uint32_t>& cells) const {
    std::vector<std::int32_t> row_of(scan_.barcodes.size(), -1);
    for (std::size_t i = 0; i < cells.size(); ++i) row_of[cells[i]] = static_cast<std::int32_t>(i);
    std::vector<std::vector<std::int32_t>> row_of_lane;
    for (const auto& ids : scan_.id_of_lane) {
        auto& rows = row_of_lane.emplace_back();
        for (const auto id : ids) rows.push_back(row_of[id]);
    }
    return {std::move(pairs), std::move(row_of_lane), std::ssize(cells)};
}

void Pass::check_chromosomes() const {
    for (std::size_t i = 0; i < plan_.peaks.chromosomes.size(); ++i)
        if (seen_on(i) > 0) return;
    std::string first;
    for (std::uint32_t i = 0; i < scan_.contigs.size() && first.empty(); ++i)
        if (seen_on(i) > 0) first = scan_.contigs.name(i);
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
                         std::string(scan_.barcodes.name(scan_.order.front())) + "', there '" +
                         plan_.cells->front() + "')",
                     "name the cells as the fragment file does");
}

// A second pass: how many lines matter may not be known before the first has ended.
std::vector<std::array<std::uint32_t, 2>> Pass::count_first_lines(std::int64_t lines) {
    for (const auto& file : plan_.fragments)
        if (file == "-")
            throw UsageError("--nucleosome-lines", "standard input cannot be read again",
                             "give a file, or --nucleosome-lines all");
    for (const auto& file : scan_.files)
        if (cache_ && file.first_unsorted_line > 0)
            throw UsageError(
                "--nucleosome-lines",
                "the cache of " + file.name + " has its lines in another order, as they are not sorted",
                "give the fragment file itself, or --nucleosome-lines all");
    const std::unordered_map<std::uint64_t, std::int64_t> before(scan_.fragments_before.begin(),
                                                                 scan_.fragments_before.end());
    std::vector<FirstLines> lanes(static_cast<std::size_t>(std::max(1, context_.threads)),
                                  FirstLines(before, lines));
    std::vector<FragmentSink*> sinks;
    for (auto& lane : lanes) sinks.push_back(&lane);
    const auto again = scan(sinks);
    std::vector<std::array<std::uint32_t, 2>> counts(scan_.barcodes.size());
    for (std::size_t lane = 0; lane < lanes.size(); ++lane)
        for (std::size_t i = 0; i < lanes[lane].counts().size(); ++i) {
            const auto id = scan_.barcodes.id(again.barcodes.name(again.id_of_lane[lane][i]));
            for (const auto k : {0, 1}) counts.at(id)[k] += lanes[lane].counts()[i][k];
        }
    return counts;
}

double Pass::mean_full_flank(const std::vector<std::uint32_t>& cells) const {
    std::vector<std::uint64_t> flanks;
    for (const auto cell : cells)
        flanks.push_back(cell < formulas_.barcodes().size() ? formulas_.barcodes()[cell].signac_flank : 0);
    return mean_tss_flank(flanks);
}

void Pass::add_qc(const std::vector<std::uint32_t>& cells, SampleCounts& counts) {
    std::vector<std::uint64_t> flanks;
    const auto& barcodes = qc_.barcodes();
    for (const auto cell : cells) flanks.push_back(cell < barcodes.size() ? barcodes[cell].tss_flank : 0);
    counts.mean_tss_flank = mean_tss_flank(flanks);
    auto order = scan_.order;
    for (std::uint32_t i = 0; plan_.cells && i < plan_.cells->size(); ++i)
        if (i >= barcodes.size() || barcodes[i].fragments == 0) order.push_back(i);
    counts.nucleosome_lines =
        plan_.nucleosome_lines == kLinesBySignac ? 5000 * std::ssize(cells) : plan_.nucleosome_lines;
    QcSource source{scan_.barcodes, barcodes, counts.mean_tss_flank, {}, nullptr, 0};
    std::int64_t longest = 0;
    for (const auto& file : scan_.files) longest = std::max(longest, file.fragments);
    if (counts.nucleosome_lines != kAllLines && counts.nucleosome_lines < longest)
        source.first_lines = count_first_lines(counts.nucleosome_lines);
    if (plan_.all_formulas) {
        source.formulas = &formulas_.barcodes();
        source.mean_full_flank = mean_full_flank(cells);
    }
    counts.qc = qc_columns(source, order, context_.threads);
    counts.cells = qc_columns(source, cells, context_.threads);
}

void Pass::add_contigs(SampleCounts& counts) const {
    for (auto i = regions_.chromosomes.size(); i < scan_.contigs.size(); ++i)
        counts.unknown_contigs.emplace_back(scan_.contigs.name(static_cast<std::uint32_t>(i)), seen_on(i));
    counts.beyond_chromosome_end = qc_.beyond_end();
    counts.renamed_chromosomes = scan_.renamed;
}

SampleCounts Pass::result() {
    check_chromosomes();
    SampleCounts counts;
    check_cells(counts);
    const auto cells = rows(counts);
    add_contigs(counts);
    counts.peaks = matrix(std::move(peak_pairs_), cells);
    counts.gene_activity = matrix(std::move(gene_pairs_), cells);
    add_qc(cells, counts);
    counts.activity_genes = std::move(regions_.activity.genes);
    counts.sizes = qc_.sizes();
    counts.tss_profile = qc_.tss_profile();
    counts.duplicates_dropped = duplicates_;
    counts.fragments = scan_.fragments;
    counts.tss_sites = regions_.sites.size();
    counts.genes_without_place = std::count_if(plan_.genes.genes.begin(), plan_.genes.genes.end(),
                                               [](const Gene& gene) { return !gene.placed(); });
    counts.files = scan_.files;
    counts.skipped_lines = scan_.skipped;
    counts.cache = std::move(written_);
    return counts;
}

}  // namespace

SampleCounts count_sample(const CountPlan& plan, const RunContext& context) {
    check(plan.peaks.size() > 0, "count_sample: at least one peak");
    try {
        Pass pass(plan, arrange_regions(plan), context);
        pass.run();
        auto counts = pass.result();
        tell(counts, context);
        return counts;
    } catch (const MixedGzipError&) {
        auto slower = plan;
        slower.one_stream = true;
        return count_sample(slower, context);
    }
}

}  // namespace epi
