#include "pipeline/count_sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/random.hpp"
#include "support/temporary_folder.hpp"

namespace epi {
namespace {

using test::message_of;
using test::TemporaryFolder;

struct Row {
    std::string chrom, barcode;
    std::int64_t start, end, reads;
};
struct Range {
    std::string chrom;
    std::int64_t start, end;
};

std::string pick(Rng& rng, const std::vector<const char*>& names) {
    return names[rng.below(names.size())];
}

// A sample so small that everything meets everything: borders, equal rows, overlapping peaks and genes,
// unknown contigs, TSSs near the start of a chromosome.
struct TinySample {
    std::vector<Row> rows;
    CountPlan plan;
    std::vector<Range> peaks, genes;

    TinySample(Rng& rng, const TemporaryFolder& folder, int number) {
        const auto chrom = [&rng] { return pick(rng, {"chr1", "chr2", "chr3"}); };
        const auto position = [&rng] {
            return static_cast<std::int64_t>(rng.below(60)) * (rng.chance(0.2) ? 100 : 1);
        };
        std::string text;
        for (auto n = 1 + rng.below(40); n > 0; --n) {
            Row row{rng.chance(0.1) ? "other" : chrom(), pick(rng, {"B0", "B1", "B2", "B3"}), position(), 0,
                    static_cast<std::int64_t>(rng.below(5))};
            row.end = row.start + static_cast<std::int64_t>(rng.below(rng.chance(0.5) ? 4 : 400));
            if (rng.chance(0.2) && !rows.empty()) row = rows.back();
            rows.push_back(row);
            text += row.chrom + "\t" + std::to_string(row.start) + "\t" + std::to_string(row.end) + "\t" +
                    row.barcode + "\t" + std::to_string(row.reads) + "\n";
        }
        rows.push_back({"chr1", "B0", 1, 2, 1});
        text += "chr1\t1\t2\tB0\t1\n";
        plan.fragments = {folder.file(std::to_string(number), text)};
        plan.peaks.chromosomes.add("chr1");
        for (auto n = 1 + rng.below(8); n > 0; --n) {
            const auto start = position();
            peaks.push_back({chrom(), start, start + 1 + static_cast<std::int64_t>(rng.below(80))});
            if (rng.chance(0.2)) peaks.push_back(peaks.back());
        }
        for (const auto& peak : peaks)
            plan.peaks.intervals.push_back({plan.peaks.chromosomes.add(peak.chrom), peak.start, peak.end});
        for (auto n = 1 + rng.below(4); n > 0; --n) {
            const auto start = position();
            const char strand = "+-*"[rng.below(3)];
            const Gene gene{
                "E", "G", chrom(), start, start + 1 + static_cast<std::int64_t>(rng.below(3000)), strand, ""};
            plan.genes.genes.push_back(gene);
            genes.push_back(
                {gene.chrom, gene.start - (strand == '-' ? 0 : 2000), gene.end + (strand == '-' ? 2000 : 0)});
        }
    }
};

using Counts = std::map<std::pair<std::string, std::size_t>, int>;

bool overlap(const Row& row, const Range& range) {
    return row.chrom == range.chrom && row.start < range.end && row.end > range.start;
}

Counts slow_counts(const std::vector<Row>& rows, const std::vector<Range>& ranges, CountingRule rule) {
    Counts counts;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            if (row.chrom != ranges[i].chrom) continue;
            const auto in = [&](std::int64_t x) { return x >= ranges[i].start && x < ranges[i].end; };
            int n = 0;
            if (rule == CountingRule::Signac) n = overlap(row, ranges[i]) ? 1 : 0;
            if (rule == CountingRule::Arc) n = int{in(row.start)} + int{in(row.end)};
            if (rule == CountingRule::Insertion) n = int{in(row.start)} + int{in(row.end - 1)};
            if (rule == CountingRule::Fragment) n = in(row.start) || in(row.end - 1) ? 1 : 0;
            if (n > 0) counts[{row.barcode, i}] += n;
        }
    }
    return counts;
}

Counts counts_of(const CountMatrix& matrix, const std::vector<std::string>& cells) {
    Counts counts;
    for (std::int64_t r = 0; r < matrix.rows; ++r)
        for (std::size_t i = 0; i < matrix.row_indices(r).size(); ++i)
            counts[{cells[static_cast<std::size_t>(r)], static_cast<std::size_t>(matrix.row_indices(r)[i])}] =
                matrix.row_values(r)[i];
    return counts;
}

// But for their reads.
std::vector<Row> without_duplicates(const std::vector<Row>& rows) {
    std::vector<Row> kept;
    for (const auto& row : rows)
        if (std::none_of(kept.begin(), kept.end(), [&](const Row& other) {
                return row.chrom == other.chrom && row.barcode == other.barcode && row.start == other.start &&
                       row.end == other.end;
            }))
            kept.push_back(row);
    return kept;
}

TEST(CountSample, EqualsASlowImplementationOnTinySamples) {
    const TemporaryFolder folder;
    Rng rng(17);
    for (int number = 0; number < 2000; ++number) {
        TinySample sample(rng, folder, number % 10);
        auto& plan = sample.plan;
        plan.rule = static_cast<CountingRule>(rng.below(4));
        plan.min_fragments = 0;
        RunContext context;
        context.threads = 1 + static_cast<int>(rng.below(3));
        if (rng.chance(0.3)) context.memory_bytes = 100;  // pairs go to the disk
        plan.dedup = rng.chance(0.3);
        const auto counts = count_sample(plan, context);
        if (plan.dedup) sample.rows = without_duplicates(sample.rows);
        std::vector<std::string> order;
        for (const auto& row : sample.rows)
            if (std::find(order.begin(), order.end(), row.barcode) == order.end())
                order.push_back(row.barcode);
        ASSERT_EQ(counts.qc.index, order);
        ASSERT_EQ(counts.cells.index, order);
        ASSERT_EQ(counts_of(counts.peaks.make()->matrix(), order),
                  slow_counts(sample.rows, sample.peaks, plan.rule));
        ASSERT_EQ(counts_of(counts.gene_activity.make()->matrix(), order),
                  slow_counts(sample.rows, sample.genes, CountingRule::Signac));
        for (std::size_t b = 0; b < order.size(); ++b) {
            std::map<std::string, std::int64_t> expected;
            for (const auto& row : sample.rows) {
                if (row.barcode != order[b]) continue;
                ++expected["fragments"];
                expected["reads"] += row.reads;
                std::int64_t hits = 0;
                std::set<std::int64_t> cuts;
                for (const auto& peak : sample.peaks) {
                    hits += overlap(row, peak) ? 1 : 0;
                    if (row.chrom != peak.chrom) continue;
                    if (row.start >= peak.start && row.start < peak.end) cuts.insert(1);
                    if (row.end - 1 >= peak.start && row.end - 1 < peak.end) cuts.insert(2);
                }
                expected["peak_fragments"] += hits;
                expected["fragments_in_peaks"] += hits > 0 ? 1 : 0;
                expected["peak_insertions"] += std::ssize(cuts);
                expected["nucleosome_free"] += row.end - row.start < 147 ? 1 : 0;
            }
            for (const auto& [name, value] : expected)
                ASSERT_EQ(counts.qc.numbers(name, "qc")[b], static_cast<double>(value)) << name;
        }
    }
}

// chr1 with one peak [100, 200) and one gene, and fragments given as text.
struct SmallPlan {
    TemporaryFolder folder;
    CountPlan plan;
    explicit SmallPlan(std::string_view fragments) {
        plan.fragments = {folder.file("f.tsv", fragments)};
        plan.peaks.intervals = {{plan.peaks.chromosomes.add("chr1"), 100, 200}};
        plan.genes.genes = {{"E", "G", "1", 5000, 6000, '+', ""}};
        plan.min_fragments = 1;
    }
};

TEST(CountSample, ListedCellsAreTheRowsInTheirOrder) {
    SmallPlan small("chr1\t100\t150\tA\nchr1\t120\t150\tC\nchr1\t5200\t5300\tC\n");
    small.plan.cells = {{"C", "none", "A"}};
    const auto counts = count_sample(small.plan, {});
    EXPECT_EQ(counts.cells.index, (std::vector<std::string>{"C", "none", "A"}));
    EXPECT_EQ(counts.qc.index, (std::vector<std::string>{"A", "C", "none"}));
    EXPECT_EQ(counts.peaks.make()->indptr(), (std::vector<std::int64_t>{0, 1, 1, 2}));
    EXPECT_EQ(counts.gene_activity.make()->indptr(), (std::vector<std::int64_t>{0, 1, 1, 1}))
        << "the gene is on '1'";
    EXPECT_EQ(counts.listed_cells_without_fragments, 1);
    small.plan.cells = {{"none"}};
    EXPECT_NE(
        message_of<InputError>([&] { count_sample(small.plan, {}); }).find("has no fragment of any cell of"),
        std::string::npos);
}

TEST(CountSample, RowsAreBarcodesWithEnoughFragments) {
    SmallPlan small("chr1\t100\t150\tA\nchr1\t120\t150\tC\nchr1\t5200\t5300\tC\n");
    small.plan.min_fragments = 2;
    EXPECT_EQ(count_sample(small.plan, {}).cells.index, (std::vector<std::string>{"C"}));
    small.plan.min_fragments = 3;
    EXPECT_EQ(count_sample(small.plan, {}).peaks.rows, 0);
}

TEST(CountSample, MapsNamesCountsUnknownContigsAndDropsDuplicates) {
    SmallPlan small("1\t100\t150\tA\nGL1\t120\t150\tA\nGL1\t120\t150\tA\n1\t100\t150\tA\n1\t100\t900\tA\n");
    small.plan.sizes.add("chr1", 800);
    auto counts = count_sample(small.plan, {});
    EXPECT_EQ(counts.peaks.make()->matrix().values, (std::vector<std::int32_t>{3}));
    EXPECT_EQ(counts.unknown_contigs, (std::vector<std::pair<std::string, std::int64_t>>{{"GL1", 2}}));
    EXPECT_EQ(counts.renamed_chromosomes.front().second, "chr1");
    EXPECT_EQ(counts.beyond_chromosome_end, 1);
    small.plan.dedup = true;
    counts = count_sample(small.plan, {});
    EXPECT_EQ(counts.peaks.make()->matrix().values, (std::vector<std::int32_t>{2}));
    EXPECT_EQ(counts.duplicates_dropped, 2);
    EXPECT_EQ(counts.fragments, 5);
}

TEST(CountSample, RefusesFragmentsOfAnotherGenome) {
    SmallPlan small("scaffold_7\t100\t150\tA\n");
    EXPECT_NE(message_of<InputError>([&] {
                  count_sample(small.plan, {});
              }).find("no chromosome is shared with the peaks (here 'scaffold_7', there 'chr1')"),
              std::string::npos);
}

}  // namespace
}  // namespace epi
