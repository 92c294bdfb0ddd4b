#include "fragments/distinct_fragments.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <span>
#include <tuple>

#include "core/parallel.hpp"
#include "fragments/external_sorter.hpp"
#include "fragments/run_merge.hpp"

namespace epi {
namespace {

constexpr std::size_t kRowsAtATime = 4096;
// Fragments with the same start that are compared in memory.
constexpr std::size_t kMostInMemory = 1U << 16;
// What a thread takes at a time, as packed bytes of the spool.
constexpr std::uint64_t kPartBytes = 1U << 20;
// What the merge holds of a run.
constexpr std::uint64_t kRunBytes = 32U << 10;

// Runs of one contig that no other run of it lies over: all equal fragments are in the same part.
using Part = std::vector<SpooledRun>;

// A fragment among those with its start.
struct Candidate {
    std::uint32_t end, barcode, reads;
    std::uint64_t place;  // in the order of the files

    auto key() const { return std::tuple(end, barcode, place); }
    bool same(const Candidate& other) const { return end == other.end && barcode == other.barcode; }
};

struct ByKey {
    bool operator()(const Candidate& a, const Candidate& b) const { return a.key() < b.key(); }
};

struct KeepFirst {
    bool operator()(const Candidate& first, const Candidate& next) const { return first.same(next); }
};

// What all threads share.
struct Giving {
    const FragmentSpool& spool;
    const ScanResult& scan;
    const RunContext& context;
    std::uint64_t memory_bytes;  // of a thread
    std::vector<char> wanted;    // by barcode; empty: all
    std::vector<Part> parts;
    std::atomic<std::size_t> next = 0;
    std::atomic<std::int64_t> dropped = 0;
};

// One thread's part.
class DistinctLane {
  public:
    DistinctLane(Giving& giving, FragmentSink& sink) : giving_(giving), sink_(sink) {
        batch_.wanted = giving.wanted.empty() ? nullptr : giving.wanted.data();
    }

    void run() {
        for (;;) {
            const auto i = giving_.next++;
            if (i >= giving_.parts.size()) break;
            giving_.context.check_stop();
            sink_.begin_chunk(i << 28);
            give(giving_.parts[i]);
            sink_.end_chunk(i << 28);
        }
        giving_.dropped += seen_ - given_;
    }

  private:
    void give(const Part& part);
    void give_group(std::size_t first, std::size_t last);
    std::size_t give_large_group(RunMerge& merge);
    void add(std::uint32_t start, std::uint32_t end, std::uint32_t barcode, std::uint32_t reads);
    void flush();

    Giving& giving_;
    FragmentSink& sink_;
    FragmentBatch batch_;
    FragmentColumns rows_;
    std::vector<Candidate> group_;
    std::int64_t seen_ = 0, given_ = 0;
};

void DistinctLane::flush() {
    // Sinks may change what they get.
    given_ += static_cast<std::int64_t>(batch_.size);
    if (batch_.size > 0) sink_.consume(batch_);
    batch_.size = 0;
}

inline void DistinctLane::add(std::uint32_t start, std::uint32_t end, std::uint32_t barcode,
                              std::uint32_t reads) {
    batch_.add(static_cast<std::int32_t>(start), static_cast<std::int32_t>(end), barcode, reads);
    if (batch_.size == FragmentBatch::kCapacity) flush();
}

void DistinctLane::give(const Part& part) {
    batch_.set_contig(contig_of(giving_.scan.contigs, part.front().contig));
    RunMerge merge(giving_.spool, part, giving_.scan.id_of_lane);
    rows_.clear();
    for (bool more = true; more;) {
        more = merge.next(rows_, kRowsAtATime);
        std::size_t first = 0;
        while (first < rows_.size()) {
            auto last = first + 1;
            while (last < rows_.size() && rows_.start[last] == rows_.start[first]) ++last;
            if (last == rows_.size() && more) break;  // others may have the same start
            give_group(first, last);
            first = last;
        }
        if (rows_.size() - first >= kMostInMemory) first = give_large_group(merge);
        for (auto* column : {&rows_.start, &rows_.end, &rows_.barcode, &rows_.reads})
            column->erase(column->begin(), column->begin() + static_cast<std::ptrdiff_t>(first));
    }
    flush();
}

void DistinctLane::give_group(std::size_t first, std::size_t last) {
    const auto start = rows_.start[first];
    seen_ += static_cast<std::int64_t>(last - first);
    if (last == first + 1) return add(start, rows_.end[first], rows_.barcode[first], rows_.reads[first]);
    group_.clear();
    for (auto i = first; i < last; ++i) group_.push_back({rows_.end[i], rows_.barcode[i], rows_.reads[i], i});
    std::sort(group_.begin(), group_.end(), ByKey());
    for (std::size_t i = 0; i < group_.size(); ++i)
        if (i == 0 || !group_[i - 1].same(group_[i]))
            add(start, group_[i].end, group_[i].barcode, group_[i].reads);
}

// All rows in hand have the same start. Takes in all others that have it; returns how many of those then in
// hand are done.
std::size_t DistinctLane::give_large_group(RunMerge& merge) {
    const auto start = rows_.start.front();
    ExternalSorter<Candidate, ByKey, KeepFirst> group(giving_.memory_bytes, ByKey(), KeepFirst());
    std::uint64_t place = 0;
    std::size_t first = 0;
    do {
        giving_.context.check_stop();
        for (first = 0; first < rows_.size() && rows_.start[first] == start; ++first)
            group.add({rows_.end[first], rows_.barcode[first], rows_.reads[first], place++});
        seen_ += static_cast<std::int64_t>(first);
        if (first < rows_.size()) break;
        rows_.clear();
        first = 0;
    } while (merge.next(rows_, kRowsAtATime));
    group.finish([&](const Candidate& one) { add(start, one.end, one.barcode, one.reads); });
    return first;
}

// The runs of a contig, cut where none lies over the cut, in parts worth a thread's while.
void divide(std::vector<SpooledRun> runs, std::vector<Part>& parts) {
    std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
        return std::pair(a.first_start, a.position) < std::pair(b.first_start, b.position);
    });
    std::uint64_t bytes = kPartBytes;
    std::uint32_t last_start = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (i == 0 || (bytes >= kPartBytes && runs[i].first_start > last_start)) {
            parts.emplace_back();
            bytes = 0;
        }
        bytes += runs[i].bytes;
        last_start = std::max(last_start, runs[i].last_start);
        parts.back().push_back(runs[i]);
    }
}

}  // namespace

std::int64_t give_distinct_fragments(FragmentSpool& spool, ScanResult& scan, std::size_t cells,
                                     const std::vector<FragmentSink*>& sinks, const RunContext& context) {
    const auto share = context.memory_bytes / 4 / sinks.size();
    Giving giving{spool, scan, context, share, {}, {}};
    for (std::size_t i = 0; cells > 0 && i < scan.barcodes.size(); ++i)
        giving.wanted.push_back(i < cells ? 1 : 0);
    spool.sort_runs();
    std::vector<std::vector<SpooledRun>> of_contig(scan.contigs.size());
    for (const auto& run : spool.runs()) of_contig[run.contig].push_back(run);
    const auto most = std::max<std::uint64_t>(2, share / kRunBytes);
    for (auto& runs : of_contig) {
        context.check_stop();
        if (!runs.empty())
            divide(merge_overlapping(spool, std::move(runs), scan.id_of_lane, most), giving.parts);
    }
    parallel_for(sinks.size(), static_cast<int>(sinks.size()),
                 [&](std::size_t lane) { DistinctLane(giving, *sinks[lane]).run(); });
    context.check_stop();
    std::vector<std::uint32_t> numbers(scan.barcodes.size());
    std::iota(numbers.begin(), numbers.end(), 0U);
    scan.id_of_lane.assign(sinks.size(), numbers);
    return giving.dropped;
}

}  // namespace epi
